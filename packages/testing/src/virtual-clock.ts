import { setImmediate as nextTurn } from 'node:timers/promises';

interface Sleeper {
  readonly wakeMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/** Turns of the event loop after which everything that can go on without time has gone on. */
const TURNS = 3;

/**
 * Time that passes only while everybody sleeps: a day of a station takes seconds, and always the same course. Work that
 * waits for something else, a disk or another thread, is wrapped in `hold`; otherwise time overtakes it.
 */
export class VirtualClock {
  readonly #startUtcMs: number;
  readonly #sleepers: Sleeper[] = [];
  #nowMs = 0;
  #order = 0;
  #steppedMs = 0;
  #held = 0;

  constructor(startUtcMs: number) {
    this.#startUtcMs = startUtcMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  utcMs(): number {
    return this.#startUtcMs + this.#nowMs + this.#steppedMs;
  }

  /** Sets the wall clock, as an NTP client does. */
  step(ms: number): void {
    this.#steppedMs += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const sleeper = { wakeMs: this.#nowMs + Math.max(0, ms), order: this.#order++, wake };
      const sleepers = this.#sleepers;
      sleepers.push(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
      function wake(): void {
        signal?.removeEventListener('abort', abort);
        resolve();
      }
      function abort(): void {
        const at = sleepers.indexOf(sleeper);
        if (at !== -1) sleepers.splice(at, 1);
        reject(signal?.reason);
      }
    });
  }

  /** Time stands still until `act` is done. */
  async hold<T>(act: () => Promise<T>): Promise<T> {
    this.#held += 1;
    try {
      return await act();
    } finally {
      this.#held -= 1;
    }
  }

  /** Lets time pass until `work` is done. @throws Error when nobody sleeps and `work` is not done: it never will be */
  async run<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const noticed = work.finally(() => {
      done = true;
    });
    noticed.catch(() => undefined);
    for (let idle = 0; ; ) {
      for (let turn = 0; turn < TURNS && !done; turn++) await nextTurn();
      if (done) return await noticed;
      if (this.#held > 0) continue;
      if (this.#wakeNext()) idle = 0;
      else if (++idle > 100) throw new Error('everybody waits, and nobody for time');
    }
  }

  #wakeNext(): boolean {
    const first = this.#sleepers.reduce<Sleeper | undefined>(
      (low, sleeper) =>
        low === undefined || sleeper.wakeMs < low.wakeMs || (sleeper.wakeMs === low.wakeMs && sleeper.order < low.order)
          ? sleeper
          : low,
      undefined,
    );
    if (first === undefined) return false;
    this.#sleepers.splice(this.#sleepers.indexOf(first), 1);
    this.#nowMs = Math.max(this.#nowMs, first.wakeMs);
    first.wake();
    return true;
  }
}
