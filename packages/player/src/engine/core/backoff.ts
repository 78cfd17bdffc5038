/** Upper end of the first wait, in milliseconds. */
const BASE_MS = 250;

/** No wait is longer: a listener who comes out of a tunnel hears the station within this time. */
export const MAX_BACKOFF_MS = 15_000;

/** No wait is shorter, so that failing fast never becomes a tight loop. */
export const MIN_BACKOFF_MS = 100;

/**
 * How long to wait after the `failures`-th failure in a row (1, 2, …): full jitter, for ever. The ceiling doubles up to the cap,
 * and chance picks from all that lies below it: the listeners of a station that comes back do not come back together.
 * @param random a number in [0, 1)
 */
export function backoffMs(failures: number, random: () => number): number {
  const ceiling = Math.min(MAX_BACKOFF_MS, BASE_MS * 2 ** Math.min(failures - 1, 16));
  return Math.max(MIN_BACKOFF_MS, ceiling * random());
}
