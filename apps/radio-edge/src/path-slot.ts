import type { Authenticator } from './hmac.ts';

/** Paths change this often. A path works in its own slot and in the next: between 10 and 20 minutes. */
export const SLOT_MS = 10 * 60_000;

/**
 * The MAC in the paths of segments, the same for every listener in one slot, so that caches in between serve them all.
 * It covers the station and the slot. Not the epoch: a player derives the paths of the epoch before from those of this one.
 */
export class PathSlots {
  readonly #path: Authenticator;
  readonly #station: string;

  /** @param station prefix of the station in its bucket */
  constructor(path: Authenticator, station: string) {
    this.#path = path;
    this.#station = station;
  }

  /** The MAC for paths handed out now. */
  async sign(nowMs: number): Promise<string> {
    return this.#path.sign(this.#message(slotOf(nowMs)));
  }

  /** When paths handed out now stop working at the earliest, in UTC milliseconds. */
  validUntil(nowMs: number): number {
    return (slotOf(nowMs) + 2) * SLOT_MS;
  }

  /** Until when a path with this MAC works; `undefined` when it does not now. */
  async check(mac: string, nowMs: number): Promise<number | undefined> {
    const slot = slotOf(nowMs);
    for (const accepted of [slot, slot - 1]) {
      if (await this.#path.verify(this.#message(accepted), mac)) return (accepted + 2) * SLOT_MS;
    }
    return undefined;
  }

  #message(slot: number): string {
    return `${this.#station} ${slot}`;
  }
}

function slotOf(nowMs: number): number {
  return Math.floor(nowMs / SLOT_MS);
}
