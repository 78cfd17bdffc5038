import type { Content } from './content.ts';

const LEAST_BYTES = 1024;

/** Up to `maxBytes` in one array that doubles as it fills. Whoever appends looks after the limit. */
export class MemoryContent implements Content {
  readonly #maxBytes: number;
  #bytes: Uint8Array;
  #size = 0;

  constructor(maxBytes: number, preallocate: number) {
    this.#maxBytes = maxBytes;
    this.#bytes = new Uint8Array(preallocate);
  }

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): void {
    const size = this.#size + bytes.length;
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(this.#maxBytes, Math.max(LEAST_BYTES, size, this.#bytes.length * 2)));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#size);
    this.#size = size;
  }

  view(position: number): Uint8Array {
    return this.#bytes.subarray(position, this.#size);
  }

  readInto(position: number, target: Uint8Array): number {
    const piece = this.#bytes.subarray(position, Math.min(this.#size, position + target.length));
    target.set(piece);
    return piece.length;
  }

  truncate(size: number): void {
    this.#size = size;
  }
}
