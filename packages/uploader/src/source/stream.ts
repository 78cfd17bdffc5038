import { isUploadError, UploadError } from '../error.ts';
import { releaserFor } from './release.ts';
import type { SequentialSource } from './source.ts';

const NOTHING = new Uint8Array();

/** Any async iterable of bytes; Node's and the web's streams are such. */
export function streamSource(stream: AsyncIterable<Uint8Array>, size: number | undefined): SequentialSource {
  const release = releaserFor(stream);
  const chunks = stream[Symbol.asyncIterator]();
  let chunk: Uint8Array = NOTHING;
  /** What of the chunk has not been copied yet. */
  let rest: Uint8Array = NOTHING;
  let received = 0;
  let ended = false;

  const nextChunk = async (): Promise<Uint8Array | undefined> => {
    try {
      const { done, value } = await chunks.next();
      if (done === true) return undefined;
      if (value instanceof Uint8Array) return value;
    } catch (cause) {
      throw new UploadError('SourceUnreadable', `the stream failed: ${String(cause)}`, { cause });
    }
    throw new UploadError('SourceUnreadable', 'the stream gives something other than bytes; remove its encoding');
  };

  return {
    kind: 'sequential',
    size,
    async fill(buffer) {
      let at = 0;
      while (at < buffer.length && !ended) {
        if (rest.length === 0) {
          const next = await nextChunk();
          if (next === undefined) {
            ended = true;
            break;
          }
          chunk = next;
          rest = next;
          received += next.length;
        }
        const taken = Math.min(rest.length, buffer.length - at);
        buffer.set(rest.subarray(0, taken), at);
        rest = rest.subarray(taken);
        at += taken;
        if (rest.length > 0) continue;
        // Of an array that was given back there are not even empty views.
        rest = NOTHING;
        release(chunk);
      }
      const wrong = size !== undefined && (received > size || (ended && received < size));
      if (wrong) {
        throw new UploadError(
          'SourceChanged',
          `the stream was to have ${size} bytes and has ${ended ? '' : 'at least '}${received}`,
        );
      }
      return at;
    },
    async close() {
      if (ended) return;
      ended = true;
      await chunks.return?.()?.catch((error: unknown) => {
        if (isUploadError(error)) throw error;
      });
    },
  };
}
