import { setTimeout as delay } from 'node:timers/promises';

/** Runs `factor` times as fast as the computer's clock, and can be stepped. */
export class AcceleratedClock {
  readonly #factor: number;
  readonly #startMs: number;
  readonly #startUtcMs: number;
  #steppedMs = 0;

  constructor(factor: number, startUtcMs: number) {
    this.#factor = factor;
    this.#startMs = performance.now();
    this.#startUtcMs = startUtcMs;
  }

  /** Sets the wall clock, as an NTP client does. */
  step(ms: number): void {
    this.#steppedMs += ms;
  }

  monotonicMs(): number {
    return (performance.now() - this.#startMs) * this.#factor;
  }

  utcMs(): number {
    return this.#startUtcMs + this.monotonicMs() + this.#steppedMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await delay(Math.ceil(ms / this.#factor), undefined, signal === undefined ? {} : { signal });
  }
}
