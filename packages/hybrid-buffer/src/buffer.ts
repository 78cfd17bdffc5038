import type { Readable, Writable } from 'node:stream';
import type { Content } from './content/content.ts';
import { MemoryContent } from './content/memory-content.ts';
import { StoredContent } from './content/stored-content.ts';
import { findEnd, LINE_FEED, lineOf } from './delimited.ts';
import { checkWhole, HybridBufferError, isHybridBufferError } from './error.ts';
import { type HybridBufferOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { Queue } from './queue.ts';
import { nodeReadable, nodeWritable, STREAM_BYTES, webReadable, webWritable } from './streams.ts';
import type { Chunk, HybridBuffer, LimitOptions, OwnBytes, RangeOptions } from './types.ts';

const DEFAULT_LIMIT_BYTES = 1024 ** 2;

/**
 * An empty buffer. It makes no file and no request before it outgrows `threshold`.
 * @throws HybridBufferError `InvalidOption`
 */
export function createHybridBuffer(options: HybridBufferOptions = {}): HybridBuffer {
  return new Buffered(resolveOptions(options));
}

class Buffered implements HybridBuffer {
  readonly #options: ResolvedOptions;
  readonly #queue = new Queue();
  #content: Content;
  #position = 0;
  #closed = false;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#content = this.#inMemory();
  }

  #inMemory(): MemoryContent {
    return new MemoryContent(this.#options.threshold, this.#options.preallocate);
  }

  get size(): number {
    return this.#content.size;
  }

  get length(): number {
    return this.#content.size - this.#position;
  }

  get position(): number {
    return this.#position;
  }

  get inMemory(): boolean {
    return this.#content instanceof MemoryContent;
  }

  /** All work goes through here: one call after the other, none after `close`. */
  #run<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    return this.#queue.run(() => {
      if (this.#closed) throw new HybridBufferError('Closed', 'the buffer has been closed; create another');
      return work();
    });
  }

  write(data: Chunk): Promise<number> {
    return this.#run(() => this.#append(bytesOf(data)));
  }

  async writeFrom(source: AsyncIterable<Chunk> | Iterable<Chunk>): Promise<number> {
    let written = 0;
    for await (const chunk of source) written += await this.write(chunk);
    return written;
  }

  async #append(bytes: Uint8Array): Promise<number> {
    if (this.#content instanceof MemoryContent && this.#content.size + bytes.length > this.#options.threshold) {
      await this.#moveToStorage(this.#content);
    }
    await this.#content.append(bytes);
    return bytes.length;
  }

  /** When the storage does not even take what memory held, everything stays there and can still be read. */
  async #moveToStorage(memory: MemoryContent): Promise<void> {
    const { storage, middleware, frameBytes } = this.#options;
    const stored = new StoredContent(storage(), middleware, frameBytes);
    try {
      if (memory.size > 0) await stored.append(memory.view(0));
    } catch (error) {
      await stored.remove().catch(() => undefined);
      throw error;
    }
    this.#content = stored;
  }

  read(maxBytes: number = STREAM_BYTES): Promise<OwnBytes | undefined> {
    return this.#run(async () => {
      checkWhole('maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER);
      if (this.length === 0) return undefined;
      const view = await this.#content.view(this.#position);
      const bytes = new Uint8Array(view.subarray(0, maxBytes));
      this.#position += bytes.length;
      return bytes;
    });
  }

  readInto(target: Uint8Array): Promise<number> {
    return this.#run(async () => {
      const filled = await this.#fill(this.#position, target);
      this.#position += filled;
      return filled;
    });
  }

  /** Fills `target` from `position`, as far as there are bytes. */
  async #fill(position: number, target: Uint8Array): Promise<number> {
    const wanted = Math.max(0, Math.min(target.length, this.#content.size - position));
    let filled = 0;
    while (filled < wanted) filled += await this.#content.readInto(position + filled, target.subarray(filled, wanted));
    return filled;
  }

  readByte(): Promise<number | undefined> {
    return this.#run(async () => {
      if (this.length === 0) return undefined;
      const view = await this.#content.view(this.#position);
      this.#position++;
      return view[0];
    });
  }

  readUntil(delimiter: number, { maxBytes = DEFAULT_LIMIT_BYTES }: LimitOptions = {}): Promise<OwnBytes | undefined> {
    return this.#run(async () => {
      checkWhole('delimiter', delimiter, 0, 255);
      checkWhole('maxBytes', maxBytes, 0, Number.MAX_SAFE_INTEGER);
      if (this.length === 0) return undefined;
      const end = await findEnd(this.#content, this.#position, delimiter, maxBytes);
      return this.#take(end - this.#position);
    });
  }

  async readLine(options?: LimitOptions): Promise<string | undefined> {
    const record = await this.readUntil(LINE_FEED, options);
    return record === undefined ? undefined : lineOf(record);
  }

  async *lines(options?: LimitOptions): AsyncGenerator<string> {
    for (let line = await this.readLine(options); line !== undefined; line = await this.readLine(options)) yield line;
  }

  bytes(): Promise<OwnBytes> {
    return this.#run(() => this.#take(this.length));
  }

  async text(): Promise<string> {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await this.bytes());
  }

  /** The next `size` bytes, which are there. */
  async #take(size: number): Promise<OwnBytes> {
    const bytes = new Uint8Array(size);
    await this.#fill(this.#position, bytes);
    this.#position += size;
    return bytes;
  }

  readRange(start: number, end: number): Promise<OwnBytes> {
    return this.#run(async () => {
      checkWhole('start', start, 0, Number.MAX_SAFE_INTEGER);
      checkWhole('end', end, start, Number.MAX_SAFE_INTEGER);
      const bytes = new Uint8Array(Math.max(0, Math.min(end, this.#content.size) - start));
      await this.#fill(start, bytes);
      return bytes;
    });
  }

  seek(position: number): Promise<void> {
    return this.#run(() => {
      this.#position = this.#within('position', position);
    });
  }

  truncate(size: number): Promise<void> {
    return this.#run(async () => {
      await this.#content.truncate(this.#within('size', size));
      this.#position = Math.min(this.#position, size);
    });
  }

  #within(name: string, value: number): number {
    const { size } = this.#content;
    if (Number.isSafeInteger(value) && value >= 0 && value <= size) return value;
    throw new HybridBufferError('OutOfRange', `${name} ${value} is not within the buffer; use 0 to ${size}`);
  }

  reset(): Promise<void> {
    return this.#run(() => this.#empty());
  }

  async #empty(): Promise<void> {
    const before = this.#content;
    this.#content = this.#inMemory();
    this.#position = 0;
    if (before instanceof StoredContent) await before.remove();
  }

  close(): Promise<void> {
    return this.#queue.run(async () => {
      if (this.#closed) return;
      this.#closed = true;
      const stored = this.#content instanceof StoredContent ? this.#content : undefined;
      this.#content = new MemoryContent(0, 0);
      this.#position = 0;
      const failure = await stored?.finish().then(
        () => undefined,
        (error: unknown) => error,
      );
      // What could not be stored is the greater loss, and the one to report.
      await stored?.remove().catch((error: unknown) => {
        if (failure === undefined) throw error;
      });
      if (isHybridBufferError(failure)) throw failure;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<OwnBytes> {
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk;
  }

  createReadStream(options: RangeOptions = {}): Readable {
    return nodeReadable(this, options);
  }

  createWriteStream(): Writable {
    return nodeWritable(this);
  }

  toReadableStream(options: RangeOptions = {}): ReadableStream<OwnBytes> {
    return webReadable(this, options);
  }

  toWritableStream(): WritableStream<Chunk> {
    return webWritable(this);
  }
}

function bytesOf(data: Chunk): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  if (data instanceof Uint8Array) return data;
  throw new HybridBufferError('InvalidOption', 'only bytes (Uint8Array) and text can be written');
}
