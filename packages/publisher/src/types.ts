import type { NowPlaying } from '@bucket-radio/manifest';
import type { ObjectStore } from '@bucket-radio/object-store';
import type { EncodedSegment, Fidelity, PcmGap } from '@bucket-radio/pcm';
import type { PublisherClock } from './clock.ts';
import type { PublisherEvent } from './events.ts';
import type { SpoolDisk, SpoolLimits } from './spool.ts';

export interface PublisherOptions {
  /** Scoped to the station's prefix: keys start at `manifest.json`. It retries a failed request itself. */
  readonly store: ObjectStore;
  readonly station: string;
  /** ULID of this numbering: from `planRun`, as are the next six. */
  readonly epoch: string;
  /** Index of the first segment of this run. Default 0. */
  readonly firstIndex?: number;
  /** First index of the epoch. Default `firstIndex`. */
  readonly epochFirstIndex?: number;
  /** First indices of recent runs, this one included: a break lies before each. Default `[firstIndex]`. */
  readonly starts?: readonly number[];
  /** Name of this run. Default: a new one. */
  readonly writer?: string;
  /** Names of the runs whose manifest may be replaced. Default: none. */
  readonly lastWriters?: readonly string[];
  /** What was heard when the run before ended: it still is, if that is no longer ago than the window. Default: what the manifest says. */
  readonly nowPlaying?: NowPlaying;
  readonly segmentSeconds: number;
  readonly fidelity: Fidelity;
  /** What the init segments say, in words, as given to `planRun`. */
  readonly codecs?: string;
  /** Segments the manifest names. Default `max(3, ceil(30 s / segmentSeconds))`. */
  readonly windowSegments?: number;
  /** A segment that left the window is deleted this many segments later. Default 1. */
  readonly deleteGraceSegments?: number;
  /** Where the state is kept that makes a restart continue. Without one, every run needs a new epoch. */
  readonly stateFile?: string;
  /** Where segments wait on disk. Without one they wait in memory and do not survive the process. */
  readonly spoolDirectory?: string;
  readonly spoolLimits?: SpoolLimits;
  /** Writes of one mutable key are at least this far apart. Default 1000: what R2 takes. */
  readonly minManifestIntervalMs?: number;
  readonly clock?: PublisherClock;
  /** Numbers from 0 to 1 that spread retries over time. Default `Math.random`. */
  readonly random?: () => number;
  /** The file system of the spool; for tests. */
  readonly disk?: SpoolDisk;
  readonly onEvent?: (event: PublisherEvent) => void;
}

export interface PublisherStatus {
  /** Segments that wait for the bucket, whole or in one rendition. */
  readonly queuedSegments: number;
  /** The one that waits longest. */
  readonly oldestQueuedIndex: number | undefined;
  readonly queuedBytes: number;
  /** When the oldest segment began that nobody can hear yet, milliseconds UTC; `undefined` while none waits. */
  readonly oldestQueuedUtcMs: number | undefined;
  readonly window: { readonly first: number; readonly latest: number } | undefined;
  readonly spool: { readonly memoryBytes: number; readonly peakMemoryBytes: number; readonly diskBytes: number };
  readonly counts: PublisherCounts;
  /** What is heard, from which frame on; taken over from the run before until something else is said. */
  readonly nowPlaying: NowPlaying | undefined;
}

/** Since the start of this run. */
export interface PublisherCounts {
  readonly published: number;
  readonly backfilled: number;
  readonly dropped: number;
  readonly failed: number;
  readonly swept: number;
}

/**
 * Puts segments into the bucket in the one safe order: the objects, then manifest and playlists, then the deletes.
 * The manifest never names an object that cannot be read.
 */
export interface Publisher {
  readonly status: PublisherStatus;
  /**
   * Takes over what an earlier run left, in the bucket and on disk. Rejects when the bucket cannot be read, unless this
   * run continues an epoch: then it is waited for, and nothing is lost meanwhile.
   * @throws PublisherError `Fenced` when another encoder has the station
   */
  start(): Promise<void>;
  /** Hands over one rendition of a segment; returns at once. */
  enqueue(segment: EncodedSegment): void;
  /** Resolves when nothing waits for the bucket. For sources that can be made to wait; a live input never does. */
  whenIdle(): Promise<void>;
  /** Lists a gap in the manifest. */
  addGap(gap: PcmGap): void;
  /** Says what is heard from a frame on. @throws RangeError for a text of more than 200 bytes */
  setNowPlaying(nowPlaying: NowPlaying): void;
  /**
   * Publishes what waits, says `"live": false`, and leaves exactly the window in the bucket.
   * @returns false when `timeoutMs` passed first: the bucket may still say live; what waits stays in the spool
   */
  stop(timeoutMs: number): Promise<boolean>;
}
