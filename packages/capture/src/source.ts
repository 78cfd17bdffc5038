import type { Fidelity, PcmChunk } from '@bucket-radio/pcm';
import type { CaptureStats } from './stats.ts';

/** What kind of source it is; also the word its specification starts with. */
export type SourceKind =
  | 'demo'
  | 'tone'
  | 'ffmpeg'
  | 'ffmpeg-loop'
  | 'ffmpeg-device'
  | 'alsa'
  | 'pulse'
  | 'pipewire'
  | 'failover';

/** What is known about an opened source. Safe to print: credentials are masked. */
export interface SourceInfo {
  readonly kind: SourceKind;
  /** File name, URL or PCM name. */
  readonly name: string;
  /** `bit-perfect` when every captured sample is a sample of the source, unchanged. */
  readonly fidelity: Fidelity;
  /** Significant bits per sample in the source, where it says so; 24 where it does not. */
  readonly bitDepth: number;
  /** Real input that cannot wait: what is not read in time is lost. */
  readonly live: boolean;
  /** One line for a person. */
  readonly detail: string;
}

export interface ChunkOptions {
  /** Station frame of the first frame delivered. */
  readonly startFrame: number;
  /** Ends the iteration promptly; a child process of the source is gone when the iteration has ended. */
  readonly signal: AbortSignal;
}

/** An opened source of sound. Opening checks that it is there; sound flows from {@link CaptureSource.chunks}. */
export interface CaptureSource {
  readonly info: SourceInfo;
  /**
   * Contiguous chunks of interleaved S24LE stereo at 48 kHz, from `startFrame` on. Ends when a finite source ends, when
   * `signal` is aborted (it does not throw then), and when the caller stops iterating; a child process is gone by then.
   * UTC labels are one anchor plus frames / 48000, for a live source plus the measured drift of its clock: the wall clock
   * is read once, so a step never bends the timeline. A live source that is lost goes on as silence until it is back.
   * @throws CaptureError when the source fails.
   */
  chunks(options: ChunkOptions): AsyncIterable<PcmChunk>;
  /** What was captured so far by the newest {@link CaptureSource.chunks}; cheap enough to ask every second. */
  stats(): CaptureStats;
}
