const RETRY_BASE_MS = 500;
const RETRY_MAX_MS = 5000;

/**
 * How long to wait after `failures` failed tries in a row: the store has retried already, this waits out an outage.
 * @param random from 0 to 1
 */
export function retryDelayMs(failures: number, random: () => number): number {
  return Math.round(Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** failures) * (0.5 + random() / 2));
}
