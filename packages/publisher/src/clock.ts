import { setTimeout as delay } from 'node:timers/promises';

/** Time, passed in so that tests need not wait. */
export interface PublisherClock {
  /** UTC in milliseconds since 1970; may step. */
  utcMs(): number;
  /** Milliseconds since some fixed moment; never steps. */
  monotonicMs(): number;
  /** Waits; rejects when `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The computer's own clocks. */
export const systemClock: PublisherClock = {
  utcMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(Math.ceil(ms), undefined, { signal });
  },
};

/**
 * UTC that never steps: the wall clock is read once, and then only the monotonic clock counts, as for the labels of the
 * segments. An NTP step of an hour moves neither `updatedAt` nor `nextEta`.
 */
export class SteadyUtc {
  readonly #clock: PublisherClock;
  readonly #offsetMs: number;

  constructor(clock: PublisherClock) {
    this.#clock = clock;
    this.#offsetMs = clock.utcMs() - clock.monotonicMs();
  }

  now(): number {
    return this.#clock.monotonicMs() + this.#offsetMs;
  }

  /** How far the wall clock has been stepped since: positive when it was set forward. */
  get steppedMs(): number {
    return this.#clock.utcMs() - this.now();
  }
}
