import type { R2Bucket, ReadableStream as WorkersReadableStream } from '@cloudflare/workers-types';

/** What `R2Bucket.put` takes. */
export type R2Body = Parameters<R2Bucket['put']>[1];

/** Whether a body can be read only once. */
export function isStream(body: unknown): body is WorkersReadableStream {
  return typeof body === 'object' && body !== null && 'getReader' in body;
}

const FIRST_BUFFER_BYTES = 64 * 1024;

/** A stream's bytes in blocks of one size, the last one shorter; holds one block and what the last chunk had left. */
export interface BlockReader {
  /** The next block, which is only valid until the next call: the buffer is used again. Empty at the end. */
  next(): Promise<Uint8Array>;
  /** Whether the stream has ended and `next` has given its last byte. */
  ended(): boolean;
  /** Ends the stream early. */
  cancel(reason: unknown): Promise<void>;
}

export function readBlocks(stream: WorkersReadableStream, blockBytes: number): BlockReader {
  const reader = (stream as WorkersReadableStream<unknown>).getReader();
  let buffer = new Uint8Array(Math.min(FIRST_BUFFER_BYTES, blockBytes));
  let left: Uint8Array = new Uint8Array();
  let done = false;

  const grow = (needed: number): void => {
    if (needed <= buffer.length) return;
    const larger = new Uint8Array(Math.min(blockBytes, Math.max(needed, buffer.length * 2)));
    larger.set(buffer);
    buffer = larger;
  };

  return {
    async next() {
      let filled = 0;
      for (;;) {
        const taken = left.subarray(0, blockBytes - filled);
        grow(filled + taken.length);
        buffer.set(taken, filled);
        filled += taken.length;
        left = left.subarray(taken.length);
        // A block that is full is only the last one when nothing follows: so one more chunk is asked for.
        if (done || left.length > 0) return buffer.subarray(0, filled);
        const chunk = await reader.read().catch(passOn);
        done = chunk.done;
        if (!chunk.done) left = bytesOf(chunk.value);
      }
    },
    ended: () => done && left.length === 0,
    cancel: (reason) => reader.cancel(reason),
  };
}

const sourceErrors = new WeakSet<object>();

/** Whether an error came out of a stream that was read, not out of R2. */
export function isSourceError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && sourceErrors.has(error);
}

function passOn(error: unknown): never {
  if (typeof error === 'object' && error !== null) sourceErrors.add(error);
  throw error;
}

/** @throws TypeError for a chunk that is neither bytes nor text */
function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string') return new TextEncoder().encode(chunk);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError(`a stream of bytes has a chunk of type ${typeof chunk}; use Uint8Array`);
}
