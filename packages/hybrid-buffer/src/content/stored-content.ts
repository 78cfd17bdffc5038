import { asBufferError, type HybridBufferError } from '../error.ts';
import type { FrameCodec, Middleware } from '../middleware/middleware.ts';
import { openPipeline } from '../middleware/pipeline.ts';
import type { StorageBackend } from '../storage/storage.ts';
import type { Content } from './content.ts';
import { FrameIndex } from './frame-index.ts';

/**
 * A buffer in storage, as frames of `frameBytes` each; the bytes after the last whole frame wait in memory. Middleware
 * works frame by frame, so any byte can be read without those before it.
 */
export class StoredContent implements Content {
  readonly #backend: StorageBackend;
  readonly #pipeline: FrameCodec | undefined;
  readonly #frameBytes: number;
  readonly #index = new FrameIndex();
  readonly #tail: Uint8Array;
  #tailBytes = 0;
  /** The frame read last, and which it is. */
  readonly #frame: Uint8Array;
  #frameNumber = -1;
  /** Stored bytes before they are decoded. */
  #stored = new Uint8Array();
  #nextSequence = 0;
  #failure: HybridBufferError | undefined;

  constructor(backend: StorageBackend, middleware: readonly Middleware[], frameBytes: number) {
    this.#backend = backend;
    this.#pipeline = openPipeline(middleware, frameBytes);
    this.#frameBytes = frameBytes;
    this.#tail = new Uint8Array(frameBytes);
    this.#frame = new Uint8Array(frameBytes);
  }

  get size(): number {
    return this.#framed + this.#tailBytes;
  }

  get #framed(): number {
    return this.#index.count * this.#frameBytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#check();
    for (let taken = 0; taken < bytes.length; ) {
      const whole = this.#tailBytes === 0 && bytes.length - taken >= this.#frameBytes;
      const piece = bytes.subarray(taken, taken + this.#frameBytes - this.#tailBytes);
      taken += piece.length;
      if (whole) {
        await this.#store(piece);
        continue;
      }
      this.#tail.set(piece, this.#tailBytes);
      this.#tailBytes += piece.length;
      if (this.#tailBytes < this.#frameBytes) continue;
      await this.#store(this.#tail);
      this.#tailBytes = 0;
    }
  }

  async #store(frame: Uint8Array): Promise<void> {
    const sequence = this.#nextSequence++;
    try {
      await this.#backend.append((await this.#pipeline?.encode(frame, sequence)) ?? frame);
    } catch (error) {
      throw this.#fail(error);
    }
    this.#index.add(this.#backend.size, sequence);
  }

  view(position: number): Uint8Array | Promise<Uint8Array> {
    this.#check();
    if (position >= this.#framed) return this.#tail.subarray(position - this.#framed, this.#tailBytes);
    const number = Math.floor(position / this.#frameBytes);
    const offset = position - number * this.#frameBytes;
    if (number === this.#frameNumber) return this.#frame.subarray(offset);
    return this.#load(number).then(() => this.#frame.subarray(offset));
  }

  async readInto(position: number, target: Uint8Array): Promise<number> {
    // Without middleware, much at once goes straight from storage to its reader.
    if (this.#pipeline === undefined && target.length >= this.#frameBytes && position < this.#framed) {
      this.#check();
      const wanted = target.subarray(0, Math.min(target.length, this.#framed - position));
      await this.#read(position, wanted);
      return wanted.length;
    }
    const view = this.view(position);
    const piece = (view instanceof Uint8Array ? view : await view).subarray(0, target.length);
    target.set(piece);
    return piece.length;
  }

  async #load(number: number): Promise<void> {
    const start = this.#index.startOf(number);
    const size = this.#index.endOf(number) - start;
    this.#frameNumber = -1;
    if (this.#pipeline === undefined) {
      await this.#read(start, this.#frame);
    } else {
      if (this.#stored.length < size) this.#stored = new Uint8Array(Math.ceil(size * 1.1));
      const stored = this.#stored.subarray(0, size);
      await this.#read(start, stored);
      this.#frame.set(await this.#pipeline.decode(stored, this.#index.sequenceOf(number), this.#frameBytes));
    }
    this.#frameNumber = number;
  }

  async #read(position: number, target: Uint8Array): Promise<void> {
    try {
      await this.#backend.readInto(position, target);
    } catch (error) {
      // Storage that works in the background may have found only now that it does not have the bytes.
      if (this.#backend.failure !== undefined) throw this.#fail(this.#backend.failure);
      throw asBufferError('ReadFailed', 'the storage cannot read', error);
    }
  }

  async truncate(size: number): Promise<void> {
    this.#check();
    if (size >= this.#framed) {
      this.#tailBytes = size - this.#framed;
      return;
    }
    const count = Math.floor(size / this.#frameBytes);
    const rest = size - count * this.#frameBytes;
    if (rest > 0) {
      const view = await this.view(size - rest);
      this.#tail.set(view.subarray(0, rest));
    }
    try {
      await this.#backend.truncate(this.#index.startOf(count));
    } catch (error) {
      throw this.#fail(error);
    }
    this.#index.truncate(count);
    this.#tailBytes = rest;
    if (this.#frameNumber >= count) this.#frameNumber = -1;
  }

  /** Waits until storage has everything it was given. @throws HybridBufferError `WriteFailed` when it has not */
  async finish(): Promise<void> {
    this.#check();
    try {
      await this.#backend.finish();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** @throws HybridBufferError `RemoveFailed` */
  async remove(): Promise<void> {
    this.#pipeline?.close?.();
    try {
      await this.#backend.remove();
    } catch (error) {
      throw asBufferError('RemoveFailed', 'something stays behind in the storage', error);
    }
  }

  /** Bytes that could not be stored are lost, so whoever reads on must know. */
  #check(): void {
    if (this.#failure === undefined && this.#backend.failure !== undefined) this.#fail(this.#backend.failure);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(error: unknown): HybridBufferError {
    this.#failure ??= asBufferError('WriteFailed', 'the buffer could not be stored', error);
    return this.#failure;
  }
}
