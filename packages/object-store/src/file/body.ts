import type { FileHandle } from 'node:fs/promises';
import { throwIfAborted } from '../abort.ts';
import type { BodySource } from '../body.ts';
import { ObjectStoreError } from '../error.ts';
import { quoteKey } from '../key.ts';
import { mapFileError } from './errors.ts';

/** Bytes read from a file at a time. */
const CHUNK_BYTES = 131_072;

/** Bytes `[start, end)` of an open file, which is closed on release. */
export function fileBody(
  handle: FileHandle,
  range: { readonly start: number; readonly end: number },
  where: { readonly directory: string; readonly key: string },
): BodySource {
  let at = range.start;
  return {
    async read() {
      if (at >= range.end) return undefined;
      try {
        const buffer = new Uint8Array(Math.min(CHUNK_BYTES, range.end - at));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) throw cutShort(where.key);
        at += bytesRead;
        return buffer.subarray(0, bytesRead);
      } catch (error) {
        throw mapFileError(error, where.directory, where.key);
      }
    },
    release: () => handle.close(),
  };
}

/** All chunks of a source, until `signal` is aborted. */
export async function* readAll(
  source: BodySource,
  signal: AbortSignal | undefined,
  key: string,
): AsyncGenerator<Uint8Array> {
  for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) {
    throwIfAborted(signal, key);
    yield chunk;
  }
  throwIfAborted(signal, key);
}

function cutShort(key: string): ObjectStoreError {
  return new ObjectStoreError('Unavailable', `${quoteKey(key)} was cut short while it was read; read it again`, {
    key,
  });
}
