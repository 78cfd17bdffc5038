/** Upper end of the first wait, in milliseconds. */
const BASE_MS = 250;

/** No wait is longer: a listener who comes out of a tunnel hears the station within this time. */
export const MAX_BACKOFF_MS = 15_000;

/** Half of the wait is fixed, so that failing fast never becomes a tight loop. */
const FIXED_SHARE = 0.5;

/**
 * How long to wait after the `failures`-th failure in a row (1, 2, …): doubling, with jitter, for ever.
 * @param random a number in [0, 1)
 */
export function backoffMs(failures: number, random: () => number): number {
  const ceiling = Math.min(MAX_BACKOFF_MS, BASE_MS * 2 ** Math.min(failures - 1, 16));
  return ceiling * (FIXED_SHARE + (1 - FIXED_SHARE) * random());
}
