import { ObjectStoreError } from './error.ts';
import { quoteKey } from './key.ts';
import type { GetResult } from './types.ts';

const decoder = new TextDecoder();

/** Completes a {@link GetResult} with its reading methods; for those who write a store. */
export function createGetResult(parts: Omit<GetResult, 'bytes' | 'text'>): GetResult {
  const { body, meta, range } = parts;
  let used = false;
  const bytes = async (): Promise<Uint8Array> => {
    if (used || body.locked) {
      throw new ObjectStoreError(
        'NotSupported',
        `the body of ${quoteKey(meta.key)} has been read already; call get again`,
        { key: meta.key },
      );
    }
    used = true;
    return collect(body, range.end - range.start, meta.key);
  };
  return { ...parts, bytes, text: async () => decoder.decode(await bytes()) };
}

/** Reads exactly `size` bytes: more or fewer means that the transport lost or added some. */
async function collect(body: ReadableStream<Uint8Array>, size: number, key: string): Promise<Uint8Array> {
  const all = new Uint8Array(size);
  let at = 0;
  for await (const chunk of body) {
    if (at + chunk.length <= size) all.set(chunk, at);
    at += chunk.length;
    if (at > size) break;
  }
  if (at !== size) {
    throw new ObjectStoreError(
      'Unavailable',
      `${quoteKey(key)}: ${at > size ? 'more than' : 'only'} ${Math.min(at, size)} of ${size} bytes arrived; try again`,
      { key },
    );
  }
  return all;
}
