import type { Clock } from './clock.ts';

/** `Date` and `Age` count whole seconds. */
const RESOLUTION_MS = 1000;

/**
 * The origin's clock, from the `Date` (and `Age`) of its responses. Each response says: the origin's time was within one
 * second of `Date` at some moment between request and response. The intersection of all these is far narrower than one
 * second after a few polls. Without a `Date` header (CORS may hide it) the clock goes
 * by what it is told to {@link assume}, else by the local clock.
 */
export class ServerClock {
  readonly #clock: Clock;
  /** The offset (server − local) lies in [low, high], in milliseconds. */
  #low = Number.NEGATIVE_INFINITY;
  #high = Number.POSITIVE_INFINITY;
  #assumedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether any response carried a date. */
  get known(): boolean {
    return this.#low > Number.NEGATIVE_INFINITY;
  }

  /**
   * Milliseconds to add to the local clock: 0 while nothing contradicts the local clock, else the least that the dates
   * allow. Too low an estimate costs a moment of latency; too high a one makes the sound run out.
   */
  get offsetMs(): number {
    if (!this.known) return this.#assumedMs;
    const localIsPlausible = this.#low <= 0 && this.#high >= 0;
    return localIsPlausible ? 0 : this.#low;
  }

  /** UTC milliseconds at the origin. */
  now(): number {
    return this.#clock.now() + this.offsetMs;
  }

  /** What to go by while no response carries a date: the origin's time at this moment, concluded from what it does. */
  assume(serverNow: number): void {
    this.#assumedMs = serverNow - this.#clock.now();
  }

  /** How much earlier than {@link now} it may be at the origin, in milliseconds; Infinity while nothing is known. */
  get doubtMs(): number {
    return this.offsetMs - this.#low;
  }

  /**
   * Milliseconds until the origin's clock turns to another second, as well as can be told. A response of that very moment
   * halves the interval.
   */
  untilTickMs(): number {
    const middle = (this.#low + this.#high) / 2;
    return RESOLUTION_MS - ((((this.#clock.now() + middle) % RESOLUTION_MS) + RESOLUTION_MS) % RESOLUTION_MS);
  }

  /** Learns from one response. `sentAt` and `receivedAt` are local UTC milliseconds. */
  observe(headers: Headers, sentAt: number, receivedAt: number): void {
    const date = Date.parse(headers.get('date') ?? '');
    if (Number.isNaN(date)) return;
    const age = Math.max(0, Number(headers.get('age')) || 0) * 1000;
    const uncertainty = age > 0 ? 2 * RESOLUTION_MS : RESOLUTION_MS;
    const low = date + age - receivedAt;
    const high = date + age + uncertainty - sentAt;
    const contradicts = low > this.#high || high < this.#low;
    this.#low = contradicts ? low : Math.max(this.#low, low);
    this.#high = contradicts ? high : Math.min(this.#high, high);
  }
}
