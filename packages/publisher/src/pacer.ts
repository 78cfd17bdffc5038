import type { PublisherClock } from './clock.ts';

/**
 * Keeps writes of one key at least `minIntervalMs` apart, from start to start: R2 takes one write per second of a key and
 * refuses more. Each key counts for itself, so that a slow manifest does not bring two playlists closer together.
 */
export class KeyPacer {
  readonly #clock: PublisherClock;
  readonly #minIntervalMs: number;
  readonly #lastMs = new Map<string, number>();

  constructor(clock: PublisherClock, minIntervalMs: number) {
    this.#clock = clock;
    this.#minIntervalMs = minIntervalMs;
  }

  get minIntervalMs(): number {
    return this.#minIntervalMs;
  }

  /** How long until `key` may be written; 0 when it may be now. */
  waitMs(key: string): number {
    const lastMs = this.#lastMs.get(key) ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, lastMs + this.#minIntervalMs - this.#clock.monotonicMs());
  }

  /** Resolves when `key` may be written. */
  async ready(key: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const waitMs = this.waitMs(key);
      if (waitMs <= 0) return;
      // Timers may fire a little early: looked at again.
      await this.#clock.sleep(waitMs, signal);
    }
  }

  /** Resolves when `key` may be written, and counts from now as written. */
  async turn(key: string, signal: AbortSignal): Promise<void> {
    await this.ready(key, signal);
    this.#lastMs.set(key, this.#clock.monotonicMs());
  }
}
