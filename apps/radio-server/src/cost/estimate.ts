import { defaultWindowSegments } from '@bucket-radio/manifest';
import type { StorePrices } from './prices.ts';

export interface CostQuestion {
  readonly segmentSeconds: number;
  /** Listening all the time. */
  readonly listeners: number;
  /** Whether a CDN in front of the bucket answers polls of the manifest, so that listeners cost the bucket nothing. */
  readonly edgeCached: boolean;
}

/** A month of a station that never stops. */
export interface CostEstimate {
  /** Requests per month. */
  readonly writes: number;
  readonly reads: number;
  readonly storedGb: number;
  /** US dollars per month, what is free taken off. */
  readonly dollars: {
    readonly writes: number;
    readonly reads: number;
    readonly storage: number;
    readonly total: number;
  };
}

const SECONDS_PER_MONTH = 30 * 24 * 3600;
/** hq and lq, manifest, hq.m3u8 and lq.m3u8. Deletes are free; index.m3u8 is written when a bit rate changes. */
export const WRITES_PER_SEGMENT = 5;
/** What a listener asks for in a segment's time: one rendition and the manifest. */
const READS_PER_SEGMENT = 2;
/** Both renditions at their largest (ARCHITECTURE §5), and segments beyond the window that wait to be deleted. */
const BYTES_PER_SECOND = 310_000;
const GRACE_SEGMENTS = 1;

/** What the requests and the storage of a station cost in a month. */
export function estimateCost(
  { segmentSeconds, listeners, edgeCached }: CostQuestion,
  prices: StorePrices,
): CostEstimate {
  const segments = SECONDS_PER_MONTH / segmentSeconds;
  const writes = segments * WRITES_PER_SEGMENT;
  // A cache asks once for each object, and again for the manifest about once a second.
  const cacheReads = segments * READS_PER_SEGMENT + SECONDS_PER_MONTH;
  const reads = edgeCached ? cacheReads : segments * READS_PER_SEGMENT * listeners;
  const storedGb = ((defaultWindowSegments(segmentSeconds) + GRACE_SEGMENTS) * segmentSeconds * BYTES_PER_SECOND) / 1e9;
  const { free } = prices;
  const paid = (amount: number, freeAmount: number): number => Math.max(0, amount - freeAmount);
  const dollars = {
    writes: (paid(writes, free.classA) / 1e6) * prices.classAPerMillion,
    reads: (paid(reads, free.classB) / 1e6) * prices.classBPerMillion,
    storage: paid(storedGb, free.gbMonths) * prices.storagePerGbMonth,
  };
  return { writes, reads, storedGb, dollars: { ...dollars, total: dollars.writes + dollars.reads + dollars.storage } };
}
