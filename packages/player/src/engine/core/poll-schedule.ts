import type { Manifest } from '@bucket-radio/manifest';

/** How often a station that is off the air is asked whether it is back, in milliseconds. */
const OFFLINE_POLL_MS = 4000;

/** Listeners spread their requests over this time, so that they do not all come at once. */
export const SPREAD_MS = 40;

/**
 * A late segment is asked for after this share of a segment, then at growing distances: it is found after at most a
 * quarter more than it was late.
 */
const OVERDUE_SHARE = 0.05;
const OVERDUE_GROWTH = 1.25;
const OVERDUE_MAX_SHARE = 0.5;

/** How often to ask, in shares of a segment, while nothing is known about when the next one comes. */
const UNKNOWN_SHARE = 0.1;

/**
 * Milliseconds until the manifest is worth asking for again: when `latest + 1` should be there, not before.
 * @param untilMs when that is, from now; negative when overdue, `undefined` when unknown
 * @param overdue polls in a row that brought no new segment
 * @param random a number in [0, 1)
 */
export function pollDelayMs(
  manifest: Manifest,
  untilMs: number | undefined,
  overdue: number,
  random: () => number,
): number {
  if (!manifest.live) return OFFLINE_POLL_MS * (0.8 + 0.4 * random());
  if (untilMs !== undefined && untilMs > 0) return untilMs + SPREAD_MS * random();
  const late = Math.min(OVERDUE_MAX_SHARE, OVERDUE_SHARE * OVERDUE_GROWTH ** Math.min(overdue, 32));
  const share = untilMs === undefined ? UNKNOWN_SHARE : late;
  return manifest.segmentSeconds * 1000 * share * (0.8 + 0.4 * random());
}
