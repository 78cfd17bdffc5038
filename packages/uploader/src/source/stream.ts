import { isUploadError, UploadError } from '../error.ts';
import type { SequentialSource } from './source.ts';

/** Any async iterable of bytes; Node's and the web's streams are such. */
export function streamSource(stream: AsyncIterable<Uint8Array>, size: number | undefined): SequentialSource {
  const chunks = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
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
          const chunk = await nextChunk();
          if (chunk === undefined) ended = true;
          else rest = chunk;
          received += rest.length;
        }
        const taken = Math.min(rest.length, buffer.length - at);
        buffer.set(rest.subarray(0, taken), at);
        rest = rest.subarray(taken);
        at += taken;
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
