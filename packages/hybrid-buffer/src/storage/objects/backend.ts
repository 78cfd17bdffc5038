import { isObjectStoreError, type ObjectStore } from '@bucket-radio/object-store';
import { HybridBufferError } from '../../error.ts';
import { release } from '../../release.ts';
import type { StorageBackend } from '../storage.ts';
import { within } from './deadline.ts';
import { ReadWindow } from './window.ts';
import type { ObjectWriter, OpenWriter } from './writers.ts';

export interface ObjectBackendOptions {
  readonly store: Pick<ObjectStore, 'name' | 'get' | 'delete'>;
  readonly openWriter: OpenWriter;
  /** A new key, at every call. */
  readonly createKey: () => string;
  /** For each request. */
  readonly timeoutMs: number;
}

/** An object that is complete; of its bytes the first `size` are ours, the rest was cut off. */
interface Stored {
  readonly key: string;
  readonly etag: string;
  readonly start: number;
  size: number;
}

interface Open {
  readonly key: string;
  readonly start: number;
  readonly writer: ObjectWriter;
}

/**
 * A buffer's bytes in a store whose objects never change: as a row of them. One is written at a time, in the background;
 * when its bytes are wanted back it is completed first, and what is appended later goes into another.
 */
export class ObjectBackend implements StorageBackend {
  readonly #options: ObjectBackendOptions;
  readonly #window = new ReadWindow();
  #stored: Stored[] = [];
  #open: Open | undefined;
  #size = 0;
  #failure: unknown;
  /** Keys whose objects may be there. */
  readonly #keys = new Set<string>();

  constructor(options: ObjectBackendOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  get failure(): unknown {
    if (this.#failure === undefined && this.#open?.writer.failure !== undefined) this.#fail(this.#open.writer.failure);
    return this.#failure;
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length; ) {
      this.#open ??= this.#begin();
      const { writer, start } = this.#open;
      const room = writer.maxBytes - (this.#size - start);
      if (room === 0) {
        await this.finish();
        continue;
      }
      const piece = bytes.subarray(taken, taken + room);
      try {
        await writer.append(piece);
      } catch (error) {
        throw this.#fail(error);
      }
      taken += piece.length;
      this.#size += piece.length;
    }
  }

  #begin(): Open {
    const key = this.#options.createKey();
    this.#keys.add(key);
    return { key, start: this.#size, writer: this.#options.openWriter(key) };
  }

  async finish(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    try {
      const etag = await open.writer.finish();
      this.#stored.push({ key: open.key, etag, start: open.start, size: this.#size - open.start });
    } catch (error) {
      throw this.#fail(error);
    }
    this.#open = undefined;
  }

  async readInto(position: number, target: Uint8Array): Promise<void> {
    if (this.#open !== undefined && position + target.length > this.#open.start) await this.finish();
    let filled = 0;
    for (let index = this.#indexAt(position); filled < target.length; index++) {
      const object = this.#stored[index];
      if (object === undefined) throw new RangeError(`no object has byte ${position + filled}`);
      const offset = position + filled - object.start;
      const piece = target.subarray(filled, filled + object.size - offset);
      await this.#window.read(index, object.size, offset, piece, (at, into) => this.#fetch(object, at, into));
      filled += piece.length;
    }
  }

  /** The last object that begins at or before `position`. */
  #indexAt(position: number): number {
    let low = 0;
    for (let high = this.#stored.length - 1; low < high; ) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#stored[middle]?.start ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async #fetch({ key, etag }: Stored, position: number, target: Uint8Array): Promise<void> {
    const { store, timeoutMs } = this.#options;
    try {
      const range = { start: position, end: position + target.length };
      const filled = await within(timeoutMs, undefined, async (signal) => {
        const { body } = await store.get(key, { range, ifMatch: etag, signal });
        return fill(target, body);
      });
      if (filled === target.length) return;
    } catch (cause) {
      throw this.#readError(key, cause);
    }
    throw new HybridBufferError('ReadFailed', `${store.name}: ${key} came short; read it again`, { where: key });
  }

  #readError(key: string, cause: unknown): HybridBufferError {
    const lost = isObjectStoreError(cause, 'NotFound') || isObjectStoreError(cause, 'PreconditionFailed');
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = lost ? `was removed or replaced by somebody else: ${why}` : `cannot be read: ${why}`;
    return new HybridBufferError(lost ? 'Corrupt' : 'ReadFailed', `${this.#options.store.name}: ${key} ${message}`, {
      where: key,
      cause,
    });
  }

  async truncate(size: number): Promise<void> {
    if (this.#open !== undefined && size < this.#size) {
      if (size <= this.#open.start) await this.#drop(this.#open);
      else await this.finish();
    }
    this.#size = size;
    this.#window.forget();
    const kept = this.#stored.filter(({ start }) => start < size);
    const cut = this.#stored.slice(kept.length);
    this.#stored = kept;
    const last = kept.at(-1);
    if (last !== undefined) last.size = Math.min(last.size, size - last.start);
    // One that cannot be deleted now is tried again by `remove`.
    await Promise.all(cut.map(({ key }) => this.#delete(key).catch(() => undefined)));
  }

  async #drop({ key, writer }: Open): Promise<void> {
    await writer.abort();
    this.#open = undefined;
    await this.#delete(key).catch(() => undefined);
  }

  async #delete(key: string): Promise<void> {
    const { store, timeoutMs } = this.#options;
    await store.delete(key, { timeoutMs });
    this.#keys.delete(key);
  }

  async remove(): Promise<void> {
    await this.#open?.writer.abort();
    this.#open = undefined;
    this.#stored = [];
    this.#size = 0;
    this.#window.forget();
    const errors: unknown[] = [];
    for (const key of [...this.#keys]) await this.#delete(key).catch((error: unknown) => errors.push(error));
    if (errors.length === 0) return;
    const left = [...this.#keys];
    const why = errors[0] instanceof Error ? errors[0].message : String(errors[0]);
    throw new HybridBufferError(
      'RemoveFailed',
      `${this.#options.store.name}: ${left.length} objects stay behind (${left.slice(0, 3).join(', ')}): ${why}; delete them, or leave them to a lifecycle rule`,
      { where: left.join(' '), cause: errors[0] },
    );
  }

  #fail(cause: unknown): HybridBufferError {
    const { store } = this.#options;
    const where = this.#open?.key ?? '';
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = new HybridBufferError('WriteFailed', `${store.name}: not everything could be stored: ${why}`, {
      where,
      cause,
    });
    this.#failure ??= error;
    return error;
  }
}

/** @returns how many bytes there were; those that do not fit are left */
async function fill(target: Uint8Array, body: AsyncIterable<Uint8Array>): Promise<number> {
  let filled = 0;
  for await (const chunk of body) {
    if (filled + chunk.length > target.length) break;
    target.set(chunk, filled);
    filled += chunk.length;
    // Chunks of a body belong to its reader.
    release(chunk);
  }
  return filled;
}
