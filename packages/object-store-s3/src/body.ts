import type { Readable } from 'node:stream';
import type { BodySource } from '@bucket-radio/object-store';
import type { Target } from './classify.ts';
import { type Call, mapS3Error } from './errors.ts';

/** The bytes of an answer. Releasing it before its end closes the connection: the rest is never transferred. */
export function responseBody(stream: Readable, call: Call, target: Target): BodySource {
  // An error that arrives while nobody reads would otherwise end the process; the iterator reports it to the next read.
  stream.on('error', () => {});
  const chunks = stream[Symbol.asyncIterator]();
  return {
    async read() {
      try {
        const { done, value } = await chunks.next();
        return done === true ? undefined : (value as Uint8Array);
      } catch (error) {
        throw mapS3Error(error, call, target);
      }
    },
    release: () => {
      stream.destroy();
    },
  };
}

/** The body of a range that holds nothing. */
export const EMPTY_BODY: BodySource = { read: async () => undefined, release: () => {} };
