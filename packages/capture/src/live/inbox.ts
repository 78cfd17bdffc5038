/** What a source's tool, or time, had to say; in the order in which it happened. */
export type LiveEvent =
  | { readonly type: 'data'; readonly attempt: number; readonly data: Uint8Array; readonly atMs: number }
  | { readonly type: 'overrun'; readonly attempt: number; readonly atMs: number }
  | { readonly type: 'ended'; readonly attempt: number; readonly why: string; readonly error?: unknown }
  | { readonly type: 'tick' }
  | { readonly type: 'aborted' };

/** Most audio that waits for a slow consumer, 30 s of 32-bit stereo; then the tool's own buffers fill, and overrun. */
const MAX_WAITING_BYTES = 30 * 48_000 * 8;

/** Events in order, for one reader. Data is taken in, and its time noted, whether or not the reader is busy. */
export class Inbox {
  readonly #events: LiveEvent[] = [];
  #bytes = 0;
  #ticking = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriters: (() => void)[] = [];

  push(event: LiveEvent): void {
    if (event.type === 'tick' && this.#ticking) return;
    if (event.type === 'tick') this.#ticking = true;
    if (event.type === 'data') this.#bytes += event.data.length;
    this.#events.push(event);
    this.#wakeReader?.();
  }

  /** Resolves when there is room for more data. */
  async room(): Promise<void> {
    while (this.#bytes > MAX_WAITING_BYTES) await new Promise<void>((resolve) => this.#wakeWriters.push(resolve));
  }

  async next(): Promise<LiveEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return this.#taken(event);
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
      this.#wakeReader = undefined;
    }
  }

  #taken(event: LiveEvent): LiveEvent {
    if (event.type === 'tick') this.#ticking = false;
    if (event.type === 'data') {
      this.#bytes -= event.data.length;
      for (const wake of this.#wakeWriters.splice(0)) wake();
    }
    return event;
  }
}
