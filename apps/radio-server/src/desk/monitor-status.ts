import type { Alert } from '../alerts/alert.ts';
import type { SegmentStatus, StationStatus } from '../status.ts';

/** `off`: stopped from the monitor; the process and the monitor go on. */
export type OnAir = 'starting' | 'on' | 'stopping' | 'off';

/** What the monitor shows, whole: the `status` event of `/events`, and `GET /status`. Holds no secret. */
export interface MonitorStatus extends Omit<StationStatus, 'segments'> {
  readonly onAir: OnAir;
  /** Newest last. */
  readonly segments: readonly SegmentOnItsWay[];
  readonly capture: {
    readonly state: 'idle' | 'capturing' | 'reopening' | 'ended';
    readonly xruns: number;
    /** How much faster than 48 kHz the source's clock runs; `null` while not known. */
    readonly clockPpm: number | null;
    /** Bits per sample that are really used; `null` until sound was heard. */
    readonly trueBitDepth: number | null;
    readonly ntp: { readonly synchronized: boolean | null; readonly source: string | null };
  };
  readonly spool: { readonly memoryBytes: number; readonly diskBytes: number; readonly oldestSeconds: number };
  readonly counts: {
    readonly published: number;
    readonly backfilled: number;
    readonly dropped: number;
    readonly failed: number;
  };
  readonly storage: StoreHealth;
  readonly uplink: {
    /** Bits per second the station sends on average over the last minute. */
    readonly usedBps: number;
    /** What both renditions need at most. */
    readonly neededBps: number;
    /** Of the line: as configured, else the fastest seen; `null` while unknown. */
    readonly availableBps: number | null;
    readonly availableIs: 'configured' | 'seen';
  };
  /** A month like the time since the start, at list prices. */
  readonly cost: {
    readonly writes: number;
    readonly reads: number;
    readonly dollars: number;
    readonly prices: string;
  } | null;
  readonly alerts: { readonly active: readonly Alert[]; readonly past: readonly Alert[]; readonly raised: number };
  readonly nowPlaying: { readonly title: string; readonly artist?: string; readonly album?: string } | null;
  readonly process: { readonly uptimeSeconds: number; readonly rssBytes: number; readonly cpuSeconds: number };
}

/** How the bucket has answered since the start. */
export interface StoreHealth {
  /** By what a bill counts: writes and listings, reads, deletes (which are free). */
  readonly requests: { readonly writes: number; readonly reads: number; readonly deletes: number };
  readonly failures: number;
  readonly bytesSent: number;
  /** Of the last 500 writes that succeeded, in milliseconds; `null` before the first. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** Sent over the last minute, bits per second. */
  readonly sentBps: number;
  /** The fastest that a write of 100 kB or more was sent, bits per second: what the line can do at least. */
  readonly seenBps: number | null;
}

/** Where one rendition of a segment is on its way; `leaving`: readable, but no longer in the manifest. */
export type RenditionState =
  | 'encoding'
  | 'spooled'
  | 'uploading'
  | 'uploaded'
  | 'in-window'
  | 'leaving'
  | 'deleted'
  | 'failed';

/** A segment and both its renditions. */
export interface SegmentOnItsWay extends SegmentStatus {
  readonly hq: RenditionState;
  readonly lq: RenditionState;
}

/** One minute; what could not be measured is `null`. */
export interface Minute {
  /** UTC at its end, in milliseconds. */
  readonly atMs: number;
  /** Highest true peak of both channels, dBFS. */
  readonly peakDbfs: number;
  /** Mean of the short-term loudness, LUFS. */
  readonly loudness: number;
  readonly queuedSegments: number;
  readonly putP95Ms: number | null;
  readonly sentBps: number;
  readonly gaps: number;
}
