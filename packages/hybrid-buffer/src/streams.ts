import { Readable, Writable } from 'node:stream';
import type { Chunk, HybridBuffer, OwnBytes, RangeOptions } from './types.ts';

/** Bytes that a stream reads at a time. */
export const STREAM_BYTES = 65_536;

type Source = Pick<HybridBuffer, 'readRange'>;
type Target = Pick<HybridBuffer, 'write'>;

/** The pieces of a range, read as they are asked for. */
function readerOf(source: Source, { start = 0, end = Number.MAX_SAFE_INTEGER }: RangeOptions) {
  let position = start;
  return async (): Promise<OwnBytes | undefined> => {
    const bytes = await source.readRange(position, Math.max(position, Math.min(end, position + STREAM_BYTES)));
    position += bytes.length;
    return bytes.length === 0 ? undefined : bytes;
  };
}

export function nodeReadable(source: Source, range: RangeOptions): Readable {
  const next = readerOf(source, range);
  return new Readable({
    highWaterMark: STREAM_BYTES,
    read() {
      next().then(
        (bytes) => this.push(bytes ?? null),
        (error: Error) => this.destroy(error),
      );
    },
  });
}

export function nodeWritable(target: Target): Writable {
  return new Writable({
    highWaterMark: 4 * STREAM_BYTES,
    write(chunk: Uint8Array, _encoding, done) {
      target.write(chunk).then(
        () => done(),
        (error: Error) => done(error),
      );
    },
  });
}

export function webReadable(source: Source, range: RangeOptions): ReadableStream<OwnBytes> {
  const next = readerOf(source, range);
  return new ReadableStream<OwnBytes>(
    {
      async pull(controller) {
        const bytes = await next();
        if (bytes === undefined) controller.close();
        else controller.enqueue(bytes);
      },
    },
    { highWaterMark: 0 },
  );
}

export function webWritable(target: Target): WritableStream<Chunk> {
  return new WritableStream<Chunk>({
    async write(chunk) {
      await target.write(chunk);
    },
  });
}
