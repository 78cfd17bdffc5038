import type { PartFeed, PartToSend } from './lanes.ts';
import { countParts, partRange } from './plan.ts';
import { chunksOf } from './source/memory.ts';
import type { RandomSource, ReadRange, SequentialSource } from './source/source.ts';

/** The parts of a source that can be read from anywhere, without those that are stored already. */
export function randomFeed(source: RandomSource, partBytes: number, stored: ReadonlySet<number>): PartFeed {
  const total = countParts(source.size, partBytes);
  const readers = new Map<number, ReadRange>();
  let last = 0;
  return {
    async next(lane) {
      do last++;
      while (stored.has(last));
      if (last > total) return undefined;
      const partNumber = last;
      const { start, end } = partRange(partNumber, source.size, partBytes);
      const read = readers.get(lane) ?? source.createReader();
      readers.set(lane, read);
      return { partNumber, size: end - start, chunks: () => read(start, end) };
    },
  };
}

/**
 * The next parts of a stream, in order. Each lane holds one part in memory, in a buffer that it uses again: that is all
 * there is of the stream, and a lane that waits for the network holds the stream up.
 */
export interface StreamFeed extends PartFeed {
  /** Begins to count parts at 1 again, for the next upload; at most this many. */
  restart(maxParts: number): void;
  /** Whether the last part has been given. */
  readonly ended: boolean;
  /** Bytes given so far. */
  readonly bytes: number;
  /** Gives back the parts' memory. Only when every part was answered: nobody may be sending from it any more. */
  free(): void;
}

/** @param firstPart bytes already read from the stream */
export function streamFeed(
  source: SequentialSource,
  partBytes: number,
  firstPart: { readonly buffer: Uint8Array<ArrayBuffer>; readonly length: number },
): StreamFeed {
  const buffers = new Map<number, Uint8Array<ArrayBuffer>>();
  let first: typeof firstPart | undefined = firstPart;
  let queue: Promise<unknown> = Promise.resolve();
  let partNumber = 0;
  let most = 0;
  let ended = false;
  let bytes = 0;

  const fillNext = async (lane: number): Promise<PartToSend | undefined> => {
    if (ended || partNumber >= most) return undefined;
    let buffer: Uint8Array<ArrayBuffer>;
    let length: number;
    if (first === undefined) {
      buffer = buffers.get(lane) ?? new Uint8Array(partBytes);
      length = await source.fill(buffer);
    } else {
      ({ buffer, length } = first);
      first = undefined;
    }
    buffers.set(lane, buffer);
    if (length < partBytes) ended = true;
    if (length === 0) return undefined;
    partNumber++;
    bytes += length;
    const filled = buffer.subarray(0, length);
    return {
      partNumber,
      size: length,
      chunks: async function* () {
        yield* chunksOf(filled);
      },
    };
  };

  return {
    next(lane) {
      const part = queue.then(() => fillNext(lane));
      queue = part.catch(() => {});
      return part;
    },
    restart(maxParts) {
      partNumber = 0;
      most = maxParts;
    },
    get ended() {
      return ended;
    },
    get bytes() {
      return bytes;
    },
    free() {
      for (const { buffer } of buffers.values()) buffer.transfer(0);
      buffers.clear();
    },
  };
}
