import type { Alert } from '../alerts/alert.ts';
import type { StationStatus } from '../status.ts';
import type { StoreHealth } from './store-meter.ts';
import type { SegmentOnItsWay } from './timeline.ts';

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
