import {
  type CopyOptions,
  ObjectStoreError,
  type PutResult,
  quoteKey,
  validateAttributes,
  validateKey,
  validateRange,
} from '@bucket-radio/object-store';
import type { R2Bucket, R2ObjectBody, R2PutOptions, ReadableStream } from '@cloudflare/workers-types';
import { askR2, beginR2Call } from './call.ts';
import type { R2StoreContext } from './context.ts';
import { toR2Metadata } from './convert.ts';
import { notFound } from './read.ts';
import { conditionalPut } from './write.ts';

/** The most that one put of R2 takes: 5 GiB less 5 MiB. */
export const MAX_COPY_BYTES: number = 5 * 1024 ** 3 - 5 * 1024 ** 2;

/**
 * A copy by way of this Worker, since the binding has none: the bytes go through the runtime as a stream, not through
 * the isolate's memory.
 */
export async function copyObject(
  { bucket, policy }: R2StoreContext,
  from: string,
  to: string,
  options: CopyOptions = {},
): Promise<PutResult> {
  validateKey(from);
  validateKey(to);
  validateAttributes(options.attributes, to);
  const signal = beginR2Call(options, to);
  const copied = await askR2(policy, { action: 'copy to', key: to, signal }, async (earlierTries) => {
    const source = await bucket.get(from);
    if (source === null) throw notFound(from);
    if (source.size > MAX_COPY_BYTES) throw await tooLarge(from, source);
    const metadata = options.attributes === undefined ? metadataOf(source) : toR2Metadata(options.attributes);
    return conditionalPut(bucket, { key: to, mode: options.mode, earlierTries, metadata }, source.body);
  });
  return { etag: copied.httpEtag };
}

/** All that R2 keeps of the source, also what the contract has no name for. */
function metadataOf({ httpMetadata, customMetadata, storageClass }: R2ObjectBody): R2PutOptions {
  return {
    ...(httpMetadata === undefined ? {} : { httpMetadata }),
    ...(customMetadata === undefined ? {} : { customMetadata }),
    storageClass,
  };
}

async function tooLarge(key: string, source: R2ObjectBody): Promise<ObjectStoreError> {
  await source.body.cancel();
  const message = `${quoteKey(key)} has ${source.size} bytes; one copy moves at most ${MAX_COPY_BYTES}: copy it in parts`;
  return new ObjectStoreError('NotSupported', message, { key });
}

export interface CopySource {
  readonly key: string;
  readonly range?: { readonly start: number; readonly end?: number };
}

/** The bytes of a range, which must lie wholly within the object. */
export async function copyRange(
  bucket: R2Bucket,
  { key, range = { start: 0 } }: CopySource,
): Promise<{ readonly body: ReadableStream; readonly size: number }> {
  validateRange(range, key);
  const object = await bucket.head(key);
  if (object === null) throw notFound(key);
  const { start, end = object.size } = range;
  if (end > object.size || start >= end) {
    const message = `part [${start}, ${end}) of ${quoteKey(key)} is empty or not within its ${object.size} bytes`;
    throw new ObjectStoreError('NotSupported', message, { key });
  }
  const size = end - start;
  const found = await bucket.get(key, { range: { offset: start, length: size }, onlyIf: { etagMatches: object.etag } });
  if (found === null) throw notFound(key);
  if (!('body' in found)) {
    throw new ObjectStoreError('PreconditionFailed', `${quoteKey(key)} changed while it was copied; try again`, {
      key,
    });
  }
  return { body: found.body, size };
}
