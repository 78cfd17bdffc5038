/** One lock for all stations of an origin: a person listens to one. */
const LOCK_NAME = 'bucket-radio-playback';

/**
 * Keeps one player per origin playing: whoever was started last. Where locks are missing (plain http) or forbidden (a
 * sandboxed frame), every player plays.
 */
export class SinglePlayback {
  readonly #onLost: () => void;
  #held: AbortController | undefined;

  /** @param onLost another player was started */
  constructor(onLost: () => void) {
    this.#onLost = onLost;
  }

  /** Takes the lock from whoever has it. */
  claim(): void {
    if (this.#held !== undefined) return;
    const held = new AbortController();
    this.#held = held;
    this.#hold(held.signal).catch(() => {
      // Stolen, or not to be had at all: only the former is anybody's business.
      if (this.#held !== held) return;
      this.#held = undefined;
      if (this.#had) this.#onLost();
    });
  }

  #had = false;

  release(): void {
    this.#held?.abort();
    this.#held = undefined;
  }

  async #hold(released: AbortSignal): Promise<void> {
    this.#had = false;
    // Reading `navigator.locks` may itself throw in a sandboxed frame.
    const { locks } = navigator as { locks?: LockManager };
    await locks?.request(LOCK_NAME, { steal: true }, () => {
      this.#had = true;
      return new Promise<void>((resolve) => released.addEventListener('abort', () => resolve(), { once: true }));
    });
  }
}
