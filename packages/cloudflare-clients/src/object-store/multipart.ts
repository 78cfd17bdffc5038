import {
  type CallOptions,
  type CompleteOptions,
  type MultipartLimits,
  type MultipartStore,
  type MultipartUpload,
  ObjectStoreError,
  quoteKey,
  type StreamBody,
  type UploadedPart,
  validateAttributes,
  validateChecksum,
  validateKey,
  validatePartNumber,
} from '@bucket-radio/object-store';
import type { R2MultipartUpload, R2Object } from '@cloudflare/workers-types';
import { r2CodeOf } from '../failure.ts';
import { joinedBefore, NO_SUCH_UPLOAD } from '../r2-multipart.ts';
import { askR2, beginR2Call } from './call.ts';
import type { R2StoreContext } from './context.ts';
import { toR2Metadata } from './convert.ts';
import { copyRange } from './copies.ts';
import { alreadyExists } from './write.ts';

const MIB = 1024 ** 2;

/** R2's limits, and that a part is held in memory for its retries: an isolate has 128 MiB in all. */
export const R2_MULTIPART_LIMITS: MultipartLimits = {
  minPartBytes: 5 * MIB,
  maxPartBytes: 64 * MIB,
  maxParts: 10_000,
  equalParts: true,
};

/** Multipart uploads on a binding, which can neither list parts nor uploads. */
export function createR2Multipart(context: R2StoreContext): MultipartStore {
  const { bucket, policy } = context;
  const resume = ({ key, uploadId }: MultipartUpload): R2MultipartUpload => {
    validateKey(key);
    if (uploadId === '') throw noSuchUpload(key);
    return bucket.resumeMultipartUpload(key, uploadId);
  };

  return {
    async createMultipart(key, options = {}) {
      validateKey(key);
      validateAttributes(options.attributes, key);
      const signal = beginR2Call(options, key);
      const metadata = toR2Metadata(options.attributes);
      const { uploadId } = await askR2(policy, { action: 'create upload', key, signal }, () =>
        bucket.createMultipartUpload(key, metadata),
      );
      return { key, uploadId };
    },

    async putPart(upload, partNumber, body, options = {}) {
      const { key } = upload;
      const signal = beginR2Call(options, key);
      validatePartNumber(partNumber, R2_MULTIPART_LIMITS, key);
      validateChecksum(options.checksum, key);
      const bytes = await holdBody(key, body);
      await verifyChecksum(key, bytes, options.checksum?.sha256);
      const { etag } = await askR2(policy, { action: 'put part of', key, signal }, () =>
        resume(upload).uploadPart(partNumber, bytes),
      );
      return { partNumber, etag, size: bytes.length };
    },

    async copyPart(upload, partNumber, from, options = {}) {
      const { key } = upload;
      validateKey(from.key);
      const signal = beginR2Call(options, key);
      validatePartNumber(partNumber, R2_MULTIPART_LIMITS, key);
      return askR2(policy, { action: 'copy part of', key, signal }, async () => {
        const { body, size } = await copyRange(bucket, from);
        const { etag } = await resume(upload).uploadPart(partNumber, body);
        return { partNumber, etag, size };
      });
    },

    async completeMultipart(upload, parts, options = {}) {
      const signal = beginR2Call(options, upload.key);
      return complete(context, resume(upload), { parts, mode: options.mode, signal });
    },

    async abortMultipart(upload, options = {}) {
      const { key } = upload;
      const signal = beginR2Call(options, key);
      await askR2(policy, { action: 'abort upload of', key, signal }, async () => {
        await resume(upload)
          .abort()
          .catch((error: unknown) => {
            if (r2CodeOf(error) !== NO_SUCH_UPLOAD) throw error;
          });
      });
    },

    listParts: (upload, options) => cannotList('parts', options, upload.key),
    listMultiparts: (options) => cannotList('uploads', options),
  };
}

interface Completion {
  readonly parts: readonly Pick<UploadedPart, 'partNumber' | 'etag'>[];
  readonly mode: CompleteOptions['mode'];
  readonly signal: AbortSignal | undefined;
}

async function complete(
  { bucket, policy }: R2StoreContext,
  upload: R2MultipartUpload,
  { parts, mode, signal }: Completion,
): Promise<{ readonly etag: string }> {
  const { key } = upload;
  if (parts.length === 0) {
    const message = `${quoteKey(key)} cannot be completed: no parts are named; put an empty object instead`;
    throw new ObjectStoreError('NotSupported', message, { key });
  }
  const ordered = [...parts]
    .sort((a, b) => a.partNumber - b.partNumber)
    .map(({ partNumber, etag }) => ({ partNumber, etag }));
  const startedMs = Date.now();
  const object = await askR2(policy, { action: 'complete', key, signal }, async (earlierTries) => {
    if (mode === 'create' && earlierTries === 0 && (await bucket.head(key)) !== null) throw alreadyExists(key);
    try {
      return await upload.complete(ordered);
    } catch (error) {
      if (earlierTries === 0 || r2CodeOf(error) !== NO_SUCH_UPLOAD) throw error;
      return afterLostAnswer(await joinedBefore(bucket, key, ordered.length, startedMs), key);
    }
  });
  return { etag: object.httpEtag };
}

function afterLostAnswer(joined: R2Object | undefined, key: string): R2Object {
  if (joined !== undefined) return joined;
  const message = `${quoteKey(key)}: the upload is gone after a try without an answer, which may have completed it; look at the object`;
  throw new ObjectStoreError('Ambiguous', message, { key });
}

function noSuchUpload(key: string): ObjectStoreError {
  return new ObjectStoreError('NotFound', `there is no such multipart upload of ${quoteKey(key)}`, { key });
}

// biome-ignore lint/correctness/useYield: it fails before there is anything to give
async function* cannotList(what: string, options: CallOptions = {}, key?: string): AsyncGenerator<never> {
  beginR2Call(options, key);
  throw new ObjectStoreError(
    'NotSupported',
    `R2's binding cannot list ${what}; keep what createMultipart and putPart return, or list them through R2's S3 interface`,
    key === undefined ? {} : { key },
  );
}

async function holdBody(key: string, body: Uint8Array | StreamBody): Promise<Uint8Array> {
  const size = body instanceof Uint8Array ? body.length : body.size;
  if (size > R2_MULTIPART_LIMITS.maxPartBytes) {
    const message = `a part of ${quoteKey(key)} has ${size} bytes; use at most ${R2_MULTIPART_LIMITS.maxPartBytes} (64 MiB)`;
    throw new ObjectStoreError('NotSupported', message, { key });
  }
  if (body instanceof Uint8Array) return body.slice();
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of body.chunks()) {
    if (at + chunk.length > size) throw wrongSize(key, size, 'more');
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if (at !== size) throw wrongSize(key, size, String(at));
  return bytes;
}

function wrongSize(key: string, size: number, found: string): ObjectStoreError {
  return new ObjectStoreError('NotSupported', `${quoteKey(key)}: a body of ${size} bytes gave ${found}`, { key });
}

/** R2 checks a whole object's, but not a part's. */
async function verifyChecksum(key: string, bytes: Uint8Array, sha256: string | undefined): Promise<void> {
  if (sha256 === undefined) return;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  const found = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (found === sha256) return;
  const message = `a part of ${quoteKey(key)} does not have the checksum that was given; nothing was stored`;
  throw new ObjectStoreError('ChecksumMismatch', message, { key });
}
