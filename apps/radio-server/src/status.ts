import type { Fidelity } from '@bucket-radio/pcm';
import type { Loudness } from './meters/loudness.ts';

/** What the monitor shows; sent whole as the `status` event of `/events` and as `GET /status`. Holds no secret. */
export interface StationStatus {
  readonly station: string;
  readonly state: 'starting' | 'live' | 'stopping';
  readonly epoch: string;
  readonly startedAtMs: number;
  readonly segmentSeconds: number;
  readonly source: {
    readonly kind: string;
    readonly name: string;
    readonly detail: string;
    readonly fidelity: Fidelity;
    readonly bitDepth: number;
  };
  readonly backends: { readonly flac: 'native' | 'wasm'; readonly opus: 'native' | 'wasm' };
  /** Frames captured since the start, and of those, frames that are silence in place of lost ones. */
  readonly captured: { readonly frames: number; readonly gaps: number; readonly lostMs: number };
  readonly store: {
    readonly kind: 'directory' | 's3';
    readonly name: string;
    /** The store's clock minus this machine's, in milliseconds, and how far that may be off; `null` while not known. */
    readonly clock: { readonly offsetMs: number; readonly errorMs: number } | null;
  };
  readonly queue: { readonly segments: number; readonly bytes: number };
  readonly window: { readonly first: number; readonly latest: number } | null;
  /** Newest last; at most {@link RECENT_SEGMENTS}. */
  readonly segments: readonly SegmentStatus[];
  readonly archive: {
    readonly state: 'off' | 'idle' | 'recording' | 'failed';
    readonly file: string | null;
    readonly bytes: number;
    readonly seconds: number;
    /** Hours of recording that the disk has room for; null until it is known. */
    readonly hoursLeft: number | null;
  };
  readonly lastError: { readonly message: string; readonly atMs: number } | null;
  readonly links: { readonly site: string; readonly manifest: string; readonly hls: string };
}

/** Segments the monitor lists. */
export const RECENT_SEGMENTS = 20;

export interface SegmentStatus {
  readonly index: number;
  readonly state: 'encoding' | 'queued' | 'live' | 'deleted' | 'dropped';
  readonly utcMs: number;
  readonly hqBytes: number;
  readonly lqBytes: number;
  /** From the first PUT until the manifest named it, in milliseconds. */
  readonly publishMs: number | null;
}

/** The `levels` event of `/events`, about ten times a second, per channel in dBFS (−Infinity is sent as −150). */
export interface Levels {
  /** True peak since the last event: four times oversampled, so it may exceed 0. */
  readonly peakDbfs: readonly [number, number];
  readonly rmsDbfs: readonly [number, number];
  /** The needle of a VU meter: a sine of −18 dBFS reads −18. */
  readonly vuDbfs: readonly [number, number];
  /** The highest true peak since the start or the last reset. */
  readonly maxPeakDbfs: readonly [number, number];
  readonly loudness: Loudness;
}
