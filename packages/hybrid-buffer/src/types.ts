import type { Readable, Writable } from 'node:stream';

/** Bytes `[start, end)` of the whole buffer, whatever has been read; by default from 0 to the end, wherever that is. */
export interface RangeOptions {
  readonly start?: number;
  readonly end?: number;
}

export interface LimitOptions {
  /** Bytes that may come before the delimiter; default 1 MiB. More of them fail with `TooLong` and are not consumed. */
  readonly maxBytes?: number;
}

/** Bytes, or text to be written as UTF-8. */
export type Chunk = Uint8Array | string;

/** Bytes that belong to the caller, in memory of their own. */
export type OwnBytes = Uint8Array<ArrayBuffer>;

/**
 * Bytes that are appended at the end and read from a position, in memory while they are few and in storage when they
 * are many. Calls may overlap: they are carried out one after the other, in the order they were made. Bytes given to a
 * call must not change until it is over; bytes returned belong to the caller.
 *
 * Every method rejects with {@link HybridBufferError} and with nothing else (and what a source that is written from
 * throws).
 */
export interface HybridBuffer extends AsyncIterable<OwnBytes>, AsyncDisposable {
  /** Bytes in all. */
  readonly size: number;
  /** Bytes from the position to the end. */
  readonly length: number;
  /** Where the next read begins. */
  readonly position: number;
  /** Whether everything is in memory. */
  readonly inMemory: boolean;

  /** Appends; resolves when there is room for more. @returns the bytes appended */
  write(data: Chunk): Promise<number>;
  /** Appends everything that a stream or another iterable gives. @returns the bytes appended */
  writeFrom(source: AsyncIterable<Chunk> | Iterable<Chunk>): Promise<number>;

  /** The next bytes, at most `maxBytes` (64 KiB) and at least one; `undefined` at the end. */
  read(maxBytes?: number): Promise<OwnBytes | undefined>;
  /** Fills `target` with the next bytes. @returns how many; fewer than its length only at the end */
  readInto(target: Uint8Array): Promise<number>;
  /** The next byte; `undefined` at the end. */
  readByte(): Promise<number | undefined>;
  /** The next bytes up to and with the byte `delimiter`, or up to the end; `undefined` at the end. */
  readUntil(delimiter: number, options?: LimitOptions): Promise<OwnBytes | undefined>;
  /** The next line as UTF-8, without its `\n` or `\r\n`; `undefined` at the end. */
  readLine(options?: LimitOptions): Promise<string | undefined>;
  /** The lines from the position on, read as they are asked for. */
  lines(options?: LimitOptions): AsyncIterable<string>;
  /** Everything from the position to the end, in one piece of memory. */
  bytes(): Promise<OwnBytes>;
  /** The same as UTF-8. */
  text(): Promise<string>;
  /** Bytes `[start, end)`, cut at the end as `Array.prototype.slice` does. Leaves the position alone. */
  readRange(start: number, end: number): Promise<OwnBytes>;

  /** Moves the position to anywhere from 0 to `size`; fails with `OutOfRange` elsewhere. */
  seek(position: number): Promise<void>;
  /** Cuts everything from `size` on; fails with `OutOfRange` above the present size. A position past it moves to it. */
  truncate(size: number): Promise<void>;
  /** Empties the buffer, forgets a failure, and returns to memory. */
  reset(): Promise<void>;
  /**
   * Waits until storage has everything it was given, and removes it. Fails with `WriteFailed` when something could not
   * be stored, with `RemoveFailed` when something stays behind. Afterwards every call fails with `Closed`, but `close`,
   * which does nothing.
   */
  close(): Promise<void>;

  /** Reads a range without moving the position; any number of them at the same time. */
  createReadStream(options?: RangeOptions): Readable;
  /** Appends. Ending it leaves the buffer open. */
  createWriteStream(): Writable;
  /** {@link createReadStream} as a web stream, of bytes. */
  toReadableStream(options?: RangeOptions): ReadableStream<OwnBytes>;
  /** {@link createWriteStream} as a web stream. */
  toWritableStream(): WritableStream<Chunk>;
}
