/** Callers remembered at once; past that the oldest are forgotten, and the limit errs on the side of the listener. */
const MAX_CALLERS = 10_000;
const WINDOW_MS = 60_000;

/**
 * At most `limit` calls a minute and caller, counted in this isolate's memory and nowhere else: nothing is stored and no
 * address outlives the minute. Cloudflare runs many isolates; a hard global limit is its Rate Limiting rules' business.
 */
export class RateLimiter {
  readonly #limit: number;
  readonly #callers = new Map<string, { since: number; calls: number }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Seconds to wait, or 0 when the call is within the limit. */
  take(caller: string, nowMs: number): number {
    const known = this.#callers.get(caller);
    if (known === undefined || nowMs >= known.since + WINDOW_MS) {
      this.#remember(caller, nowMs);
      return 0;
    }
    known.calls += 1;
    return known.calls <= this.#limit ? 0 : Math.ceil((known.since + WINDOW_MS - nowMs) / 1000);
  }

  #remember(caller: string, nowMs: number): void {
    this.#callers.delete(caller);
    if (this.#callers.size >= MAX_CALLERS) {
      for (const oldest of this.#callers.keys()) {
        this.#callers.delete(oldest);
        break;
      }
    }
    this.#callers.set(caller, { since: nowMs, calls: 1 });
  }
}
