import type { R2Bucket, R2Object, R2PutOptions, ReadableStream } from '@cloudflare/workers-types';
import { CloudflareClientError } from './error.ts';
import { shown } from './key.ts';
import { retryingUpload } from './r2-multipart.ts';
import { type RetryPolicy, withRetries } from './retry.ts';
import { type BlockReader, readBlocks } from './stream.ts';

/** R2's limit on the parts of one upload. */
const MAX_PARTS = 10_000;

export interface StreamTarget {
  readonly bucket: R2Bucket;
  readonly policy: RetryPolicy;
  /** Ends the put: the stream is cancelled, nothing becomes visible, and an upload under way is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Puts a stream of any length, known or not, with no more than one block of it in memory: one `put` when it fits into
 * `maxBufferedBytes`, a multipart upload beyond. Nothing is visible before all of it is there.
 */
export async function putStream(
  target: StreamTarget,
  key: string,
  stream: ReadableStream,
  options: R2PutOptions,
): Promise<R2Object> {
  const { bucket, policy, signal } = target;
  const blocks = readBlocks(stream, policy.maxBufferedBytes);
  // Wakes a read that waits; what it then gives is not the stream's end.
  const onAbort = (): void => void blocks.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const first = await nextBlock(blocks, signal);
    if (!blocks.ended()) return await putParts(target, key, { blocks, first, options });
    return await withRetries(policy, () => bucket.put(key, first, options));
  } catch (error) {
    // The stream may be the reason for the failure, or its owner may still be waiting for it to be read.
    await blocks.cancel(error).catch(() => {});
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

async function nextBlock(blocks: BlockReader, signal: AbortSignal | undefined): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const block = await blocks.next();
  signal?.throwIfAborted();
  return block;
}

interface PartsToPut {
  readonly blocks: BlockReader;
  readonly first: Uint8Array;
  readonly options: R2PutOptions;
}

async function putParts(
  { bucket, policy, signal }: StreamTarget,
  key: string,
  { blocks, first, options }: PartsToPut,
): Promise<R2Object> {
  const created = await withRetries(policy, () => bucket.createMultipartUpload(key, options));
  const upload = retryingUpload(bucket, created, policy);
  try {
    let block = first;
    for (let partNumber = 1; block.length > 0; partNumber++) {
      if (partNumber > MAX_PARTS) throw tooManyParts(key, policy);
      await upload.uploadPart(partNumber, block);
      block = blocks.ended() ? new Uint8Array() : await nextBlock(blocks, signal);
    }
    signal?.throwIfAborted();
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
