import { isObjectStoreError } from '@bucket-radio/object-store';

/** Runs puts on the condition that the stored ETag is `etag`. */
export type ConditionalPut = <Result>(etag: string, put: (ifMatch: string) => Promise<Result>) => Promise<Result>;

/**
 * HTTP writes an ETag with quotes, and so do R2, MinIO and AWS. Ceph compares an If-Match of a PUT with the ETag as it
 * stores it, without quotes, and so refuses every correct one: after a refusal the bare form is tried once, and used from
 * then on if it succeeds. Both forms name the same version, so the second request cannot overwrite what the first would
 * not.
 */
export function createConditionalPut(): ConditionalPut {
  let serverWantsBare = false;
  return async (etag, put) => {
    const bare = etag.replace(/^"(.*)"$/, '$1');
    if (serverWantsBare) return put(bare);
    try {
      return await put(etag);
    } catch (refusal) {
      if (!isObjectStoreError(refusal, 'PreconditionFailed') || bare === etag) throw refusal;
      const result = await put(bare).catch((error: unknown) => {
        throw isObjectStoreError(error, 'NotSupported') ? refusal : error;
      });
      serverWantsBare = true;
      return result;
    }
  };
}
