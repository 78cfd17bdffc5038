import type {
  R2Bucket,
  R2MultipartUpload,
  R2Object,
  R2UploadedPart,
  R2UploadPartOptions,
} from '@cloudflare/workers-types';
import { CloudflareClientError } from './error.ts';
import { r2CodeOf } from './failure.ts';
import { shown } from './key.ts';
import { nameObject, type R2ServiceObject } from './r2-results.ts';
import { type RetryPolicy, withRetries } from './retry.ts';
import { isStream, readBlocks } from './stream.ts';

type PartBody = Parameters<R2MultipartUpload['uploadPart']>[1];

/** R2's "no such upload". */
export const NO_SUCH_UPLOAD = 10024;
/** How far the clock here and R2's may be apart. */
const CLOCK_TOLERANCE_MS = 60_000;

/** A multipart upload whose calls are tried again; `parts` are those that were uploaded through this object. */
export interface R2ServiceMultipartUpload extends R2MultipartUpload {
  /** By number, each once: pass them to `complete`. Empty again after a resume: keep what `uploadPart` returned. */
  readonly parts: R2UploadedPart[];
  /** A stream is held in memory up to `maxBufferedBytes`, and refused with `BodyTooLarge` beyond. */
  uploadPart(partNumber: number, value: PartBody, options?: R2UploadPartOptions): Promise<R2UploadedPart>;
  complete(uploadedParts: R2UploadedPart[]): Promise<R2ServiceObject>;
}

export function retryingUpload(
  bucket: R2Bucket,
  upload: R2MultipartUpload,
  policy: RetryPolicy,
): R2ServiceMultipartUpload {
  const parts = new Map<number, R2UploadedPart>();
  return {
    key: upload.key,
    uploadId: upload.uploadId,
    get parts() {
      return [...parts.values()].sort((a, b) => a.partNumber - b.partNumber);
    },
    async uploadPart(partNumber, value, options) {
      const body = isStream(value) ? await holdPart(upload.key, value, policy) : value;
      const part = await withRetries(policy, () => upload.uploadPart(partNumber, body, options));
      parts.set(partNumber, part);
      return part;
    },
    abort: () => withRetries(policy, () => upload.abort()),
    async complete(uploadedParts) {
      const startedMs = Date.now();
      const object = await withRetries(policy, async (earlierTries) => {
        try {
          return await upload.complete(uploadedParts);
        } catch (error) {
          const joined =
            earlierTries > 0 && r2CodeOf(error) === NO_SUCH_UPLOAD
              ? await joinedBefore(bucket, upload.key, uploadedParts.length, startedMs)
              : undefined;
          if (joined === undefined) throw error;
          return joined;
        }
      });
      return nameObject(object);
    },
  };
}

/**
 * The object that an earlier try made although its answer was lost: the upload is gone then, and the key holds an
 * object of as many parts (R2 writes their number at the end of the ETag) that is not older than this call.
 */
export async function joinedBefore(
  bucket: R2Bucket,
  key: string,
  partCount: number,
  startedMs: number,
): Promise<R2Object | undefined> {
  const found = await bucket.head(key);
  if (found === null || !found.etag.endsWith(`-${partCount}`)) return undefined;
  return found.uploaded.getTime() >= startedMs - CLOCK_TOLERANCE_MS ? found : undefined;
}

async function holdPart(key: string, stream: PartBody, { maxBufferedBytes }: RetryPolicy): Promise<Uint8Array> {
  if (!isStream(stream)) throw new TypeError('not a stream');
  const blocks = readBlocks(stream, maxBufferedBytes);
  const bytes = await blocks.next();
  if (blocks.ended()) return bytes;
  const error = new CloudflareClientError(
    'BodyTooLarge',
    `a part of ${shown(key)} is a stream of more than maxBufferedBytes (${maxBufferedBytes}), which could not be sent again after a failure: pass its bytes, use smaller parts, or put() the whole stream`,
    { key },
  );
  await blocks.cancel(error);
  throw error;
}
