import type { ObjectStore } from '@bucket-radio/object-store';
import type { Uploader } from '@bucket-radio/uploader';
import { createChannel } from './channel.ts';

/** Writes one object, piece by piece. */
export interface ObjectWriter {
  /** Most bytes it takes. */
  readonly maxBytes: number;
  /** Why it failed, once that is known. */
  readonly failure: unknown;
  /** Resolves when the bytes may be used again. Rejects when the object cannot be written any more. */
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves with the object's ETag when it is stored. */
  finish(): Promise<string>;
  /** Ends it; when the promise resolves nothing is in flight. The object may be there all the same. Never rejects. */
  abort(): Promise<void>;
}

export type OpenWriter = (key: string) => ObjectWriter;

/** Sends in the background, in parts, from the first full part on. */
export function uploadWriter(uploader: Uploader, maxBytes: number): OpenWriter {
  return (key) => {
    const channel = createChannel();
    const upload = uploader.upload(channel.source, key, { contentType: 'application/octet-stream', mode: 'create' });
    let failure: unknown;
    const result = upload.result.then(
      ({ etag }) => etag,
      (error: unknown) => {
        failure = error;
        channel.end();
        throw error;
      },
    );
    // It is told to the next append, read or close.
    result.catch(() => undefined);
    return {
      maxBytes,
      get failure() {
        return failure;
      },
      async append(bytes) {
        await channel.push(bytes);
        if (failure !== undefined) throw failure;
      },
      finish() {
        channel.end();
        return result;
      },
      async abort() {
        const aborted = upload.abort();
        channel.end();
        await aborted.catch(() => undefined);
      },
    };
  };
}

/** For stores without multipart uploads: collects an object of at most `maxBytes`, and puts it at once. */
export function putWriter(store: ObjectStore, maxBytes: number): OpenWriter {
  const collected = new Uint8Array(maxBytes);
  return (key) => {
    let size = 0;
    let failure: unknown;
    return {
      maxBytes,
      get failure() {
        return failure;
      },
      async append(bytes) {
        collected.set(bytes, size);
        size += bytes.length;
      },
      async finish() {
        try {
          const attributes = { contentType: 'application/octet-stream' };
          return (await store.put(key, collected.subarray(0, size), { attributes })).etag;
        } catch (error) {
          failure = error;
          throw error;
        }
      },
      async abort() {},
    };
  };
}
