/** What one answer tells: at some moment between sending and receiving, the server's clock showed `dateMs` to `dateMs + 999`. */
export interface DatedAnswer {
  /** The answer's `Date`, in milliseconds since 1970: whole seconds. */
  readonly dateMs: number;
  /** Monotonic milliseconds. */
  readonly sentMs: number;
  readonly receivedMs: number;
}

/** How far the server's clock is ahead of ours. */
export interface ClockOffset {
  /** Server minus ours, in milliseconds: the middle of what is possible. */
  readonly offsetMs: number;
  /** Half the width of what is possible. */
  readonly errorMs: number;
}

/** The server's UTC minus our monotonic clock lies between these. */
interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Answers that count: older ones were given by clocks that have drifted since. */
const MAX_ANSWERS = 64;
const DATE_RESOLUTION_MS = 1000;

/**
 * Reads a server's clock from the `Date` of its answers. Each tells it to a second and a round trip only; what all of
 * them allow is narrower, mostly to a few dozen milliseconds. Counted from the monotonic clock, so that a step of our
 * own clock shows at once and spoils nothing that was learnt before.
 */
export class ServerClock {
  #answers: Bounds[] = [];

  observe({ dateMs, sentMs, receivedMs }: DatedAnswer): void {
    if (!Number.isFinite(dateMs)) return;
    const bounds = { low: dateMs - receivedMs, high: dateMs + DATE_RESOLUTION_MS - sentMs };
    this.#answers = [...this.#answers, bounds].slice(-MAX_ANSWERS);
  }

  /** @returns `undefined` before the first answer with a `Date` */
  offset(utcMs: number, monotonicMs: number): ClockOffset | undefined {
    const newest = this.#answers.at(-1);
    if (newest === undefined) return undefined;
    let { low, high } = newest;
    // Newest first: an answer that contradicts them is from before the server's clock was set.
    for (const answer of this.#answers.toReversed()) {
      if (answer.low > high || answer.high < low) break;
      low = Math.max(low, answer.low);
      high = Math.min(high, answer.high);
    }
    return { offsetMs: (low + high) / 2 - (utcMs - monotonicMs), errorMs: (high - low) / 2 };
  }
}
