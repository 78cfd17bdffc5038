import type { Clock } from '../src/engine/core/clock.ts';

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** Time that moves only when told to. */
export class VirtualClock implements Clock {
  #now: number;
  #timers: Timer[] = [];

  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const fire = (): void => {
        // Signals live for hours here: what is left on them would be a leak.
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const timer: Timer = { at: this.#now + ms, fire };
      this.#timers.push(timer);
      const abort = (): void => {
        this.#timers = this.#timers.filter((one) => one !== timer);
        reject(signal.reason);
      };
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Fires every timer up to `ms` from now, in order, and lets everything that follows from each run first. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
      await settle();
    }
    this.#now = end;
  }

  /** Advances, `stepMs` at a time, until `condition` holds; throws after `limitMs`. */
  async until(condition: () => boolean, limitMs: number = 120_000, stepMs: number = 50): Promise<void> {
    for (let waited = 0; !condition(); waited += stepMs) {
      if (waited > limitMs) throw new Error(`did not happen within ${limitMs} ms of virtual time: ${condition}`);
      await this.advance(stepMs);
    }
  }
}

/** Lets pending promises (and the streams of `Response`) run until nothing more follows. */
async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
}
