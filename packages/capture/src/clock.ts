import { setTimeout as delay } from 'node:timers/promises';

/** Time, passed in so that tests need not wait. */
export interface Clock {
  /** Milliseconds since some fixed moment; never steps. */
  monotonicMs(): number;
  /** UTC in milliseconds since 1970; may step. */
  utcMs(): number;
  /** Resolves after `ms` milliseconds, or as soon as `signal` is aborted. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The computer's own clocks. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  utcMs: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      // Node drops fractions of a millisecond; waking early would only mean sleeping again.
      await delay(Math.ceil(ms), undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
