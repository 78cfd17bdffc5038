import { MANIFEST_KEY, parseStationKey } from '@bucket-radio/manifest';
import type { ObjectStore } from '@bucket-radio/object-store';

export interface SweepOptions {
  readonly store: ObjectStore;
  readonly epoch: string;
  readonly segmentSeconds: number;
  /** Oldest index of the window and the grace, whatever its epoch; segments of this and the previous epoch from there on stay. */
  readonly keepFrom: () => number;
  readonly previousEpoch: string | undefined;
  /** Whether the index of an hour is in use. */
  readonly keepsHour: (epoch: string, hour: string) => boolean;
  /** Asks the bucket whether this station still holds the fence. */
  readonly verifyFence: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** Nothing younger than this is an orphan, and nothing that left the window less than this ago. */
const MIN_ORPHAN_AGE_MS = 60_000;
/** Deletes between two looks at the fence. */
const DELETES_PER_LOOK = 100;
/** Deletes at a time. */
const CONCURRENCY = 8;

/**
 * Deletes segments and init segments that a killed run left behind: only keys that parse as ours, only while the fence is
 * held, only at least 60 s outside the window, and never those of a newer epoch. Ages are told by the store's own clock.
 * @returns how many were deleted
 */
export async function sweepOrphans(options: SweepOptions): Promise<number> {
  const { store, signal, verifyFence } = options;
  const storeNowMs = (await store.head(MANIFEST_KEY, { signal })).lastModified.getTime();
  const orphans: string[] = [];
  for await (const { key, lastModified } of store.list({ signal })) {
    if (storeNowMs - lastModified.getTime() >= MIN_ORPHAN_AGE_MS && isOrphan(key, options)) orphans.push(key);
  }
  let deleted = 0;
  while (deleted < orphans.length && (await verifyFence())) {
    const batch = orphans.slice(deleted, deleted + DELETES_PER_LOOK);
    for (let at = 0; at < batch.length; at += CONCURRENCY) {
      const some = batch.slice(at, at + CONCURRENCY);
      await Promise.all(some.map(async (key) => await store.delete(key, { signal })));
      deleted += some.length;
    }
  }
  return deleted;
}

function isOrphan(key: string, options: SweepOptions): boolean {
  const { epoch, previousEpoch, segmentSeconds, keepFrom, keepsHour } = options;
  const parsed = parseStationKey(key);
  if (parsed === undefined || !('epoch' in parsed)) return false;
  // ULIDs sort by time: a newer one is somebody else's, who has the fence by now.
  if (parsed.epoch > epoch) return false;
  if (parsed.epoch !== epoch && parsed.epoch !== previousEpoch) return true;
  if (parsed.kind === 'index') return !keepsHour(parsed.epoch, parsed.hour);
  if (parsed.kind !== 'segment') return false;
  return parsed.index < keepFrom() - Math.ceil(MIN_ORPHAN_AGE_MS / 1000 / segmentSeconds);
}
