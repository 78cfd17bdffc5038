/** Reads bytes `[position, position + target.length)` of one object into `target`, in one request. */
export type Fetch = (position: number, target: Uint8Array) => Promise<void>;

const LEAST_BYTES = 262_144;
const MOST_BYTES = 4 * 1024 ** 2;

/**
 * Reads ahead: as long as reads follow each other each request asks for twice as much as the one before, up to 4 MiB,
 * in one buffer that is used again and again. A read elsewhere asks for little.
 */
export class ReadWindow {
  #bytes = new Uint8Array();
  #object = -1;
  #start = 0;
  #end = 0;
  #step = LEAST_BYTES;

  /** @param object which object, `size` its bytes */
  async read(object: number, size: number, position: number, target: Uint8Array, fetch: Fetch): Promise<void> {
    let filled = this.#take(object, position, target);
    while (filled < target.length) {
      const at = position + filled;
      const rest = target.subarray(filled);
      const follows = object === this.#object && at === this.#end;
      this.#step = follows ? Math.min(MOST_BYTES, this.#step * 2) : LEAST_BYTES;
      if (rest.length >= this.#step) {
        this.forget();
        await fetch(at, rest);
        this.#remember(object, at + rest.length, at + rest.length);
        return;
      }
      await this.#load(object, at, Math.min(size, at + this.#step), fetch);
      filled += this.#take(object, at, rest);
    }
  }

  /** After the objects have changed. */
  forget(): void {
    this.#remember(-1, 0, 0);
  }

  #take(object: number, position: number, target: Uint8Array): number {
    if (object !== this.#object || position < this.#start || position >= this.#end) return 0;
    const piece = this.#bytes.subarray(
      position - this.#start,
      Math.min(this.#end - this.#start, position - this.#start + target.length),
    );
    target.set(piece);
    return piece.length;
  }

  async #load(object: number, start: number, end: number, fetch: Fetch): Promise<void> {
    this.forget();
    const size = end - start;
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(size <= LEAST_BYTES ? LEAST_BYTES : MOST_BYTES);
    await fetch(start, this.#bytes.subarray(0, size));
    this.#remember(object, start, end);
  }

  #remember(object: number, start: number, end: number): void {
    this.#object = object;
    this.#start = start;
    this.#end = end;
  }
}
