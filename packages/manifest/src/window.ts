/** Seconds of audio the default window holds at least. */
const DEFAULT_WINDOW_SECONDS = 30;

/** Fewest segments a window may have: one playing, one fetched, one arriving. */
export const MIN_WINDOW_SEGMENTS = 3;

/** `max(3, ceil(30 s / segmentSeconds))`: 3 segments at 10 s, 30 at 1 s. */
export function defaultWindowSegments(segmentSeconds: number): number {
  return Math.max(MIN_WINDOW_SEGMENTS, Math.ceil(DEFAULT_WINDOW_SECONDS / segmentSeconds));
}

/** Index of the oldest segment a window of `windowSegments` names when `latest` is the newest. */
export function windowFirst(latest: number, windowSegments: number, firstEver: number): number {
  return Math.max(firstEver, latest - windowSegments + 1);
}
