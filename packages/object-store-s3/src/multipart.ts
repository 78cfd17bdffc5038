import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  type ListPartsCommandOutput,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import {
  beginCall,
  callSignal,
  isObjectStoreError,
  isValidKey,
  type MultipartStore,
  type MultipartUpload,
  type ObjectStore,
  ObjectStoreError,
  quoteKey,
  S3_MULTIPART_LIMITS,
  type StreamBody,
  throwIfAborted,
  validateAttributes,
  validateChecksum,
  validateKey,
  validatePartNumber,
  validatePrefix,
} from '@bucket-radio/object-store';
import type { S3Context } from './context.ts';
import { copySource, incompleteAnswer, putFields, quotedEtag, statusOf } from './convert.ts';
import { requireAbsent } from './copy.ts';
import { type DirectPut, directBody, type SendOptions, type SendPut } from './direct.ts';
import type { Call } from './errors.ts';
import { plainCause, readFailure } from './failure.ts';
import { linkSignals } from './link-signals.ts';
import { decodeKey } from './listing.ts';
import { readableOf, sha256Of } from './payload.ts';
import { leaveRetriesToCaller } from './retry.ts';

/** A part may take as long as a line of a quarter of a megabit needs. */
const SLOWEST_BYTES_PER_SECOND = 32_768;

/** Multipart uploads; parts are sent as streams, signed with their SHA-256, and retried from their first byte. */
export function createS3Multipart(context: S3Context, core: ObjectStore): MultipartStore {
  const { bucket, client, request, requestPart, sendPut, traits, where } = context;
  const at = ({ key, uploadId }: MultipartUpload) => ({ ...where, Key: key, UploadId: uploadId });

  const begin = (action: string, upload: MultipartUpload, signal: AbortSignal | undefined) => {
    validateKey(upload.key);
    return { action, key: upload.key, uploadId: upload.uploadId, signal };
  };

  /** Ceph says "500" of an upload that does not exist; and any 500 may have completed it. */
  const isGone = async (upload: MultipartUpload, call: { readonly signal?: AbortSignal }): Promise<boolean> => {
    const command = new ListPartsCommand({ ...at(upload), MaxParts: 1 });
    return request(begin('list parts of', upload, call.signal), (http) => client.send(command, http)).then(
      () => false,
      (error: unknown) => isObjectStoreError(error, 'NotFound'),
    );
  };

  /** A body that is a stream: each try reads it from its first byte. */
  const sendStream = async (
    call: Call & { readonly key: string },
    body: StreamBody,
    checksum: string | undefined,
    send: (stream: Omit<DirectPut, 'key'>, http: SendOptions) => ReturnType<SendPut>,
  ): ReturnType<SendPut> => {
    const sha256 = checksum ?? (await sha256Of(body));
    let broken: BodyError | undefined;
    const attempt = async (http: SendOptions): ReturnType<SendPut> => {
      const reading = new AbortController();
      const readable = readableOf(body, call.key, (error) => {
        broken = new BodyError(error);
        reading.abort();
      });
      const stream = { body: readable, size: body.size, sha256, hashOfBody: () => sha256Of(body) };
      const link = linkSignals(http.abortSignal, reading.signal);
      try {
        return await send(stream, { abortSignal: link.signal });
      } catch (error) {
        throw broken ?? error;
      } finally {
        link.release();
        readable.destroy();
      }
    };
    return requestPart(call, attempt).catch((error: unknown) => {
      throw broken?.cause ?? error;
    });
  };

  return {
    async createMultipart(key, options = {}) {
      validateKey(key);
      validateAttributes(options.attributes, key);
      const command = new CreateMultipartUploadCommand({ ...where, Key: key, ...putFields(options.attributes) });
      const call = { action: 'create multipart', key, ...beginCall(options) };
      const { UploadId } = await request(call, (http) => client.send(command, http));
      if (UploadId === undefined) throw incompleteAnswer(key);
      return { key, uploadId: UploadId };
    },

    async putPart(upload, partNumber, body, options = {}) {
      const call = begin(`put part ${partNumber} of`, upload, callSignal(options));
      validatePartNumber(partNumber, S3_MULTIPART_LIMITS, upload.key);
      validateChecksum(options.checksum, upload.key);
      throwIfAborted(call.signal, upload.key);
      const requestTimeout = context.requestTimeoutMs + (sizeOf(body) / SLOWEST_BYTES_PER_SECOND) * 1000;
      const part = { key: upload.key, query: { partNumber: String(partNumber), uploadId: upload.uploadId } };
      const sha256 = options.checksum?.sha256;
      const { etag } =
        body instanceof Uint8Array
          ? await requestPart(call, (http) =>
              sendPut({ ...part, ...directBody(body, sha256) }, { ...http, requestTimeout }),
            )
          : await sendStream(call, body, sha256, (stream, http) =>
              sendPut({ ...part, ...stream }, { ...http, requestTimeout }),
            );
      return { partNumber, etag: quotedEtag(etag, upload.key), size: sizeOf(body) };
    },

    async copyPart(upload, partNumber, from, options = {}) {
      const call = begin(`copy part ${partNumber} of`, upload, callSignal(options));
      validatePartNumber(partNumber, S3_MULTIPART_LIMITS, upload.key);
      validateKey(from.key);
      const { start = 0, end } = from.range ?? {};
      const { size } = end === undefined ? await core.head(from.key, beginCall(options)) : { size: end };
      if (start >= size) {
        throw new ObjectStoreError('NotSupported', `part of ${quoteKey(from.key)} is empty`, { key: from.key });
      }
      const command = new UploadPartCopyCommand({
        ...at(upload),
        PartNumber: partNumber,
        CopySource: copySource(bucket, from.key),
        CopySourceRange: `bytes=${start}-${size - 1}`,
      });
      const { CopyPartResult } = await request(call, (http) => client.send(command, http)).catch(
        async (error: unknown) => {
          // Either the upload or the source is missing, and not every service says which.
          if (isObjectStoreError(error, 'NotFound')) await core.head(from.key, beginCall(options));
          throw error;
        },
      );
      return { partNumber, etag: quotedEtag(CopyPartResult?.ETag, upload.key), size: size - start };
    },

    async completeMultipart(upload, parts, options = {}) {
      const { mode = 'overwrite' } = options;
      const started = beginCall(options);
      const call = begin('complete', upload, started.signal);
      if (parts.length === 0) {
        throw new ObjectStoreError('NotSupported', `${quoteKey(upload.key)}: no parts; put an empty object instead`, {
          key: upload.key,
        });
      }
      const conditional = mode === 'create' && traits.createOnComplete === 'atomic';
      if (mode === 'create' && !conditional) await requireAbsent(core, upload.key, started);
      const ordered = [...parts].sort((a, b) => a.partNumber - b.partNumber);
      const command = new CompleteMultipartUploadCommand({
        ...at(upload),
        MultipartUpload: { Parts: ordered.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag })) },
        ...(conditional ? { IfNoneMatch: '*' } : {}),
      });
      leaveRetriesToCaller(command);
      const { ETag } = await requestPart({ ...call, ...(conditional ? { mode } : {}) }, (http) =>
        client.send(command, http).catch(async (error: unknown) => {
          throw statusOf(error) === 500 && (await isGone(upload, started)) ? goneError(upload, error) : error;
        }),
      );
      // Ceph answers with an empty ETag.
      if (ETag === '' || ETag === '""') return { etag: (await core.head(upload.key, started)).etag };
      return { etag: quotedEtag(ETag, upload.key) };
    },

    async abortMultipart(upload, options = {}) {
      const call = begin('abort', upload, callSignal(options));
      const command = new AbortMultipartUploadCommand(at(upload));
      await request(call, (http) => client.send(command, http)).catch((error: unknown) => {
        if (!isObjectStoreError(error, 'NotFound') || isMissingBucket(error)) throw error;
      });
    },

    async *listParts(upload, options = {}) {
      const call = begin('list parts of', upload, callSignal(options));
      let marker: string | undefined;
      do {
        const command: ListPartsCommand = new ListPartsCommand({
          ...at(upload),
          ...(marker === undefined ? {} : { PartNumberMarker: marker }),
        });
        const page: ListPartsCommandOutput = await request(call, (http) => client.send(command, http));
        for (const { PartNumber, ETag, Size } of page.Parts ?? []) {
          throwIfAborted(call.signal, upload.key);
          if (PartNumber === undefined || Size === undefined) throw incompleteAnswer(upload.key);
          yield { partNumber: PartNumber, etag: quotedEtag(ETag, upload.key), size: Size };
        }
        marker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
      } while (marker !== undefined);
    },

    async *listMultiparts({ prefix = '', ...options } = {}) {
      validatePrefix(prefix);
      const call = { action: 'list multiparts', ...beginCall(options) };
      let next: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
      while (next !== undefined) {
        const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
          ...where,
          Prefix: prefix,
          // No encoding asked for: Ceph encodes the keys then, and does not say so.
          ...next,
        });
        const page: ListMultipartUploadsCommandOutput = await request(call, (http) => client.send(command, http));
        for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
          throwIfAborted(call.signal);
          if (Key === undefined || UploadId === undefined || Initiated === undefined) throw incompleteAnswer(undefined);
          const key = decodeKey(Key, page.EncodingType);
          if (isValidKey(key)) yield { key, uploadId: UploadId, startedAt: Initiated };
        }
        next = page.IsTruncated === true ? markersOf(page) : undefined;
      }
    },
  };
}

function goneError({ key }: MultipartUpload, error: unknown): ObjectStoreError {
  return new ObjectStoreError(
    'Ambiguous',
    `complete ${quoteKey(key)}: the server failed, and the upload is gone: completed or aborted; look at the object`,
    { key, cause: plainCause(readFailure(error, Date.now())) },
  );
}

function markersOf(page: ListMultipartUploadsCommandOutput): { KeyMarker?: string; UploadIdMarker?: string } {
  const { NextKeyMarker, NextUploadIdMarker, EncodingType } = page;
  return {
    ...(NextKeyMarker === undefined ? {} : { KeyMarker: decodeKey(NextKeyMarker, EncodingType) }),
    ...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
  };
}

/** Marks an error of the caller's body for the retries: another try would meet it again. */
class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly $metadata = { httpStatusCode: 400 };

  constructor(cause: unknown) {
    super('the body of the part cannot be read', { cause });
  }
}

function sizeOf(body: Uint8Array | StreamBody): number {
  return body instanceof Uint8Array ? body.length : body.size;
}

function isMissingBucket(error: ObjectStoreError): boolean {
  return (error.cause as { name?: string } | undefined)?.name === 'NoSuchBucket';
}
