import type { StorageBackend, StorageFactory } from './storage.ts';

const BLOCK_BYTES = 262_144;

/** In this process's memory: for tests, and to keep much in little room with compression. */
export function memory(): StorageFactory {
  return () => new MemoryBackend();
}

class MemoryBackend implements StorageBackend {
  readonly failure = undefined;
  readonly #blocks: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length; ) {
      const offset = this.#size % BLOCK_BYTES;
      const index = (this.#size - offset) / BLOCK_BYTES;
      this.#blocks[index] ??= new Uint8Array(BLOCK_BYTES);
      const piece = bytes.subarray(taken, taken + BLOCK_BYTES - offset);
      this.#blocks[index].set(piece, offset);
      taken += piece.length;
      this.#size += piece.length;
    }
  }

  async readInto(position: number, target: Uint8Array): Promise<void> {
    for (let filled = 0; filled < target.length; ) {
      const offset = (position + filled) % BLOCK_BYTES;
      const block = this.#blocks[(position + filled - offset) / BLOCK_BYTES] ?? new Uint8Array();
      const piece = block.subarray(offset, offset + target.length - filled);
      target.set(piece, filled);
      filled += piece.length;
    }
  }

  async truncate(size: number): Promise<void> {
    this.#size = size;
    this.#blocks.length = Math.ceil(size / BLOCK_BYTES);
  }

  async finish(): Promise<void> {}

  async remove(): Promise<void> {
    await this.truncate(0);
  }
}
