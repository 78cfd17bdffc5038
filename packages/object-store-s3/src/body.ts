import type { Readable } from 'node:stream';
import type { BodySource } from '@bucket-radio/object-store';
import type { Target } from './classify.ts';
import { type Call, mapS3Error } from './errors.ts';

/**
 * The bytes of an answer. Releasing it before its end closes the connection: the rest is never transferred.
 *
 * Taken by "data" events, one chunk for each read: an iterator would join whatever has arrived into an array of its own
 * and leave the chunks to the garbage collection, which lets tens of megabytes of them gather.
 */
export function responseBody(stream: Readable, call: Call, target: Target): BodySource {
  let chunk: Uint8Array | undefined;
  let end: { readonly error?: unknown } | undefined;
  let wake = (): void => {};
  const finish = (how: { readonly error?: unknown }): void => {
    end ??= how;
    wake();
  };
  stream.pause();
  stream.on('data', (bytes: Uint8Array) => {
    chunk = bytes;
    stream.pause();
    wake();
  });
  stream.on('end', () => finish({}));
  // Without this listener, an error that arrives while nobody reads would end the process.
  stream.on('error', (error) => finish({ error }));
  stream.on('close', () => finish({ error: Object.assign(new Error('the answer broke off'), { code: 'ECONNRESET' }) }));
  return {
    async read() {
      if (chunk === undefined && end === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          stream.resume();
        });
      }
      const bytes = chunk;
      chunk = undefined;
      if (bytes !== undefined) return bytes;
      if (end?.error !== undefined) throw mapS3Error(end.error, call, target);
      return undefined;
    },
    release: () => {
      stream.destroy();
    },
  };
}

/** The body of a range that holds nothing. */
export const EMPTY_BODY: BodySource = { read: async () => undefined, release: () => {} };
