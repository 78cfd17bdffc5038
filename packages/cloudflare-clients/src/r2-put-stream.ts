import type { R2Bucket, R2Object, R2PutOptions, ReadableStream } from '@cloudflare/workers-types';
import { CloudflareClientError } from './error.ts';
import { shown } from './key.ts';
import { retryingUpload } from './r2-multipart.ts';
import { type RetryPolicy, withRetries } from './retry.ts';
import { type BlockReader, readBlocks } from './stream.ts';

/** R2's limit on the parts of one upload. */
const MAX_PARTS = 10_000;

/**
 * Puts a stream of any length, known or not, with no more than one block of it in memory: one `put` when it fits into
 * `maxBufferedBytes`, a multipart upload beyond. Nothing is visible before all of it is there.
 */
export async function putStream(
  bucket: R2Bucket,
  key: string,
  stream: ReadableStream,
  options: R2PutOptions,
  policy: RetryPolicy,
): Promise<R2Object> {
  const blocks = readBlocks(stream, policy.maxBufferedBytes);
  try {
    const first = await blocks.next();
    if (blocks.ended()) return await withRetries(policy, () => bucket.put(key, first, options));
    return await putParts(bucket, key, { blocks, first, options }, policy);
  } catch (error) {
    // The stream may be the reason for the failure, or its owner may still be waiting for it to be read.
    await blocks.cancel(error).catch(() => {});
    throw error;
  }
}

interface PartsToPut {
  readonly blocks: BlockReader;
  readonly first: Uint8Array;
  readonly options: R2PutOptions;
}

async function putParts(
  bucket: R2Bucket,
  key: string,
  { blocks, first, options }: PartsToPut,
  policy: RetryPolicy,
): Promise<R2Object> {
  const created = await withRetries(policy, () => bucket.createMultipartUpload(key, options));
  const upload = retryingUpload(bucket, created, policy);
  try {
    let block = first;
    for (let partNumber = 1; block.length > 0; partNumber++) {
      if (partNumber > MAX_PARTS) throw tooManyParts(key, policy);
      await upload.uploadPart(partNumber, block);
      block = blocks.ended() ? new Uint8Array() : await blocks.next();
    }
    return await upload.complete(upload.parts);
  } catch (error) {
    // What is left of it costs storage until R2 drops it after seven days; the failure itself matters more.
    await upload.abort().catch(() => {});
    throw error;
  }
}

function tooManyParts(key: string, { maxBufferedBytes }: RetryPolicy): CloudflareClientError {
  return new CloudflareClientError(
    'BodyTooLarge',
    `${shown(key)} is longer than ${MAX_PARTS} parts of maxBufferedBytes (${maxBufferedBytes}): raise it`,
    { key },
  );
}
