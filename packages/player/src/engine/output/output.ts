import type { Manifest } from '@bucket-radio/manifest';
import type { Clock } from '../core/clock.ts';
import type { FollowedSegment, SegmentInput, SegmentOutput } from '../core/delivery.ts';
import type { StationPoint } from '../core/epochs.ts';
import type { QualityPolicy } from '../core/quality.ts';
import type { PlayerError } from '../error.ts';
import type { CodecConfig } from '../mp4/init.ts';
import type { AudioSink } from './sink.ts';

/** What an output learns about a segment while it plays it. */
export interface SegmentReport {
  /** Whether its PCM has the MD5 of its proof; not called where there is no proof, or where the PCM is not seen. */
  verified(matches: boolean): void;
  failed(error: PlayerError): void;
}

/** What the follower knows while the browser fetches by itself. */
export interface FetchedStation {
  readonly manifest: Manifest;
  /** Whether the manifest was read a moment ago. */
  readonly fresh: boolean;
  readonly onAir: boolean;
  /** Where the listener wants to be, instead of the live edge. */
  readonly from: StationPoint | undefined;
}

/** A browser that fetches by itself, and plays. */
export interface BrowserPlayback {
  /**
   * Looks after it until the manifest is worth another look. Resolves with whether there is sound.
   * @throws Error when it has to be started again, which the next call does; the reason of `signal`
   */
  watch(station: FetchedStation, signal: AbortSignal): Promise<boolean>;
  /** Whether it plays behind the live edge because the listener wanted it. */
  readonly shifted: boolean;
}

export interface BrowserPlaybackOptions {
  readonly clock: Clock;
  /** Directory of the playlists. */
  readonly base: string;
  readonly quality: QualityPolicy;
  readonly output: SegmentOutput;
  readonly nextStream: () => number;
}

/** Makes one. */
export type BrowserFetch = (options: BrowserPlaybackOptions) => Promise<BrowserPlayback>;

/** The way from packets to the ear. The engine knows no more of Web Audio and of media elements than this. */
export interface Output {
  /** What is known of the sound, and done to all of it. */
  readonly sink: Omit<AudioSink, 'open' | 'write' | 'stop'>;
  /** Codecs that it plays; known after `open`. */
  readonly codecs: readonly CodecConfig['codec'][];
  /** The media element that plays, where one does. */
  readonly mediaElement?: HTMLMediaElement | undefined;
  /** Where there is no way for segments, and the browser has its own: `begin` then only tells what it plays. */
  readonly browserFetch?: BrowserFetch | undefined;
  /** As {@link AudioSink.open}. */
  open(): Promise<void>;
  begin(followed: FollowedSegment, report: SegmentReport): SegmentInput;
  /** As {@link AudioSink.stop}. */
  stop(): Promise<number | undefined>;
}
