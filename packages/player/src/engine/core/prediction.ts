import type { Manifest } from '@bucket-radio/manifest';
import type { Clock } from './clock.ts';
import { safetyMs, untilNextMs } from './live-edge.ts';
import type { ServerClock } from './server-clock.ts';

/** The origin's clock is known well enough to ask without looking when it is known this well. */
const MAX_DOUBT_MS = 150;

/** Extra polls, at most, that go into learning the origin's clock; each halves the doubt. */
const MAX_CLOCK_POLLS = 10;

/** A manifest is read every so many segments and not more often than this, unless titles are to be shown in time. */
const POLL_EVERY_SEGMENTS = 4;
const POLL_EVERY_MS = 10_000;

/** A segment that came late makes the next one be asked for later, for a while. */
const LATE_DECAY = 0.8;

/**
 * When `latest + 1` can be asked for without looking into the manifest first. Never before `nextEta` by the origin's clock;
 * where that clock is hidden, a whole number of segments after `latest` was seen to change.
 */
export class Prediction {
  readonly #clock: Clock;
  readonly #server: ServerClock;
  /** Whether a segment was seen to appear, so that the station's rhythm is known without any date. */
  #locked = false;
  /** The index that was asked for in vain: from then on the manifest decides. */
  #missed: number | undefined;
  #missedAt = 0;
  #lateMs = 0;
  #hits = 0;
  #polledAt = 0;
  #clockPolls = 0;

  constructor(clock: Clock, server: ServerClock) {
    this.#clock = clock;
    this.#server = server;
  }

  /** Milliseconds until `latest + 1` should be readable: the best guess. `undefined` when there is none. */
  bestUntilMs(manifest: Manifest): number | undefined {
    return untilNextMs(manifest, this.#server.now());
  }

  /** Milliseconds until `index` may be asked for unseen; `undefined` when only the manifest can tell. */
  untilMs(manifest: Manifest, index: number): number | undefined {
    if (!manifest.live || index !== manifest.latest + 1 || this.#missed === index) return undefined;
    const best = this.bestUntilMs(manifest);
    if (best === undefined) return undefined;
    const doubtMs = this.#server.known ? this.#server.doubtMs : this.#locked ? 0 : Number.POSITIVE_INFINITY;
    const late = manifest.segmentSeconds * -500;
    return doubtMs <= MAX_DOUBT_MS && best > late ? Math.max(0, best + doubtMs + this.#lateMs) : undefined;
  }

  /** While the origin's clock is not known well enough, polls also come when it turns to another second. */
  pollDelayMs(delayMs: number): number {
    if (!this.#server.known || this.#server.doubtMs <= MAX_DOUBT_MS || this.#clockPolls >= MAX_CLOCK_POLLS)
      return delayMs;
    const tickMs = this.#server.untilTickMs();
    if (tickMs >= delayMs) return delayMs;
    this.#clockPolls++;
    return tickMs;
  }

  /** A manifest was read. */
  polled(manifest: Manifest | undefined, appeared: boolean): void {
    const now = this.#clock.now();
    this.#polledAt = now;
    this.#hits = 0;
    if (manifest !== undefined && !this.#server.known) this.#assume(manifest, appeared);
    if (manifest === undefined || this.#missed === undefined || manifest.latest < this.#missed) return;
    // More than half the safety margin is not for this: the sound would run out while waiting politely.
    const mostMs = safetyMs(manifest.segmentSeconds, 'low') / 2;
    this.#lateMs = Math.min(mostMs, Math.max(this.#lateMs, now - this.#missedAt));
    this.#missed = undefined;
  }

  /** The segment was there. Returns whether it is time to read the manifest again. */
  hit(manifest: Manifest, latencyMs: number): boolean {
    const segmentMs = manifest.segmentSeconds * 1000;
    this.#lateMs *= LATE_DECAY;
    this.#hits++;
    const sinceMs = this.#clock.now() - this.#polledAt;
    // A title is announced when it is captured: read within the latency, it is shown with its first frame.
    if (manifest.nowPlaying !== undefined) return sinceMs + segmentMs > latencyMs;
    return this.#hits >= POLL_EVERY_SEGMENTS && sinceMs >= POLL_EVERY_MS;
  }

  /** The segment could not be had. @param late because it was not there yet */
  missed(index: number, late: boolean): void {
    this.#missed = index;
    this.#missedAt = late ? this.#clock.now() : Number.POSITIVE_INFINITY;
  }

  /** Without dates: `latest` became readable just now; should it have been earlier, the next one comes early. */
  #assume(manifest: Manifest, appeared: boolean): void {
    if (appeared) this.#locked = true;
    else if (this.#locked || untilNextMs(manifest, this.#server.now()) !== undefined) return;
    this.#server.assume(manifest.nextEta - manifest.segmentSeconds * 1000);
  }
}
