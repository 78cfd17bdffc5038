import {
  type BodySource,
  type ByteRange,
  type CallOptions,
  callSignal,
  createBody,
  createGetResult,
  isObjectStoreError,
  type ObjectAttributes,
  type ObjectMeta,
  ObjectStoreError,
  type PutMode,
  S3_MULTIPART_LIMITS,
  type StreamBody,
} from '@bucket-radio/object-store';
import type { UploadStore } from '@bucket-radio/uploader';
import { deadlineOf } from '../objects/deadline.ts';
import type { Described, ObjectFields, S3Client, ServerSideEncryption } from './client.ts';
import { type Call, storeError } from './errors.ts';

export type { S3Client, ServerSideEncryption } from './client.ts';

export interface S3ClientStoreOptions {
  readonly bucket: string;
  readonly serverSideEncryption: ServerSideEncryption | undefined;
  readonly timeoutMs: number;
}

/**
 * As much of a store as a buffer's uploads and reads use, on somebody's own client. It neither lists nor copies: a
 * buffer knows its keys, so its credentials need no such rights. Tries are made by the client.
 */
export function s3ClientStore(client: S3Client, options: S3ClientStoreOptions): UploadStore {
  const { bucket, timeoutMs } = options;
  const encryption = encryptionFields(options.serverSideEncryption);
  const spare: Uint8Array[] = [];

  /** A call, whose deadline begins now. */
  const begin = (action: string, key: string, given: CallOptions | undefined): Call => ({
    action,
    key,
    signal: callSignal({ timeoutMs: deadlineOf(action, timeoutMs), ...given }),
  });
  const request = async <Output>(
    call: Call,
    send: (settings: { abortSignal?: AbortSignal }) => Promise<Output>,
  ): Promise<Output> => {
    try {
      return await send(call.signal === undefined ? {} : { abortSignal: call.signal });
    } catch (error) {
      throw storeError(error, call);
    }
  };
  const at = (key: string) => ({ Bucket: bucket, Key: key });
  const part = ({ key, uploadId }: { readonly key: string; readonly uploadId: string }) => ({
    ...at(key),
    UploadId: uploadId,
  });

  return {
    name: `s3(${bucket})`,
    capabilities: {
      nestedKeys: true,
      updateAmong: 'process',
      createOnCopy: 'checked',
      createOnComplete: 'checked',
      retries: true,
      maxCopyBytes: 0,
      multipart: { ...S3_MULTIPART_LIMITS, equalParts: true },
    },

    async put(key, body, put = {}) {
      const input = { ...at(key), ...objectFields(put.attributes, encryption), Body: body };
      const { ETag } = await onlyOnce(put.mode, (condition) =>
        request(begin('put', key, put), (settings) => client.putObject({ ...input, ...condition }, settings)),
      );
      return { etag: etagOf(ETag, key) };
    },

    async get(key, get = {}) {
      const call = begin('get', key, get);
      const output = await request(call, (settings) =>
        client.getObject(
          {
            ...at(key),
            ...(get.range === undefined ? {} : { Range: rangeHeader(get.range) }),
            ...(get.ifMatch === undefined ? {} : { IfMatch: get.ifMatch }),
          },
          settings,
        ),
      );
      const { meta, attributes, range } = describe(key, output);
      const body = createBody(bodySource(output.Body, call), { key, signal: call.signal });
      return createGetResult({ meta, attributes, range, body });
    },

    async head(key, call) {
      const { meta, attributes } = describe(
        key,
        await request(begin('head', key, call), (settings) => client.headObject(at(key), settings)),
      );
      return { ...meta, attributes };
    },

    async delete(key, call) {
      await request(begin('delete', key, call), (settings) => client.deleteObject(at(key), settings));
    },

    async createMultipart(key, create = {}) {
      const { UploadId } = await request(begin('create multipart', key, create), (settings) =>
        client.createMultipartUpload({ ...at(key), ...objectFields(create.attributes, encryption) }, settings),
      );
      if (UploadId === undefined) throw incomplete(key);
      return { key, uploadId: UploadId };
    },

    async putPart(upload, partNumber, body, call) {
      const bytes = body instanceof Uint8Array ? body : await collect(body, spare.pop());
      const { ETag } = await request(begin(`put part ${partNumber} of`, upload.key, call), (settings) =>
        client.uploadPart({ ...part(upload), PartNumber: partNumber, Body: bytes }, settings),
      );
      // Only after success: a try that was given up may still be sending it.
      if (bytes !== body) spare.push(new Uint8Array(bytes.buffer));
      return { partNumber, etag: etagOf(ETag, upload.key), size: bytes.length };
    },

    async completeMultipart(upload, parts, complete = {}) {
      const Parts = parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag }));
      const { ETag } = await onlyOnce(complete.mode, (condition) =>
        request(begin('completeMultipart', upload.key, complete), (settings) =>
          client.completeMultipartUpload({ ...part(upload), MultipartUpload: { Parts }, ...condition }, settings),
        ),
      );
      // Ceph answers with an empty ETag.
      if (ETag === undefined || ETag.replaceAll('"', '') === '') {
        const found = await this.head(upload.key, complete);
        return { etag: found.etag };
      }
      return { etag: etagOf(ETag, upload.key) };
    },

    async abortMultipart(upload, call) {
      await request(begin('abort', upload.key, call), (settings) =>
        client.abortMultipartUpload(part(upload), settings),
      ).catch((error: unknown) => {
        if (!isObjectStoreError(error, 'NotFound')) throw error;
      });
    },

    async *listParts(upload, call) {
      const { Parts = [] } = await request(begin('list parts of', upload.key, call), (settings) =>
        client.listParts(part(upload), settings),
      );
      for (const { PartNumber = 0, ETag, Size = 0 } of Parts) {
        yield { partNumber: PartNumber, etag: etagOf(ETag, upload.key), size: Size };
      }
    },

    list: () => {
      throw unused('list');
    },
    listMultiparts: () => {
      throw unused('list uploads');
    },
    copy: async () => {
      throw unused('copy');
    },
    copyPart: async () => {
      throw unused('copy');
    },
  };
}

/** Never over another's object, where the service can promise it; some do not know the condition and say so. */
async function onlyOnce<Output>(
  mode: PutMode | undefined,
  send: (condition: { IfNoneMatch?: string }) => Promise<Output>,
): Promise<Output> {
  if (mode !== 'create') return send({});
  try {
    return await send({ IfNoneMatch: '*' });
  } catch (error) {
    if (isObjectStoreError(error, 'NotSupported')) return send({});
    if (!isObjectStoreError(error, 'PreconditionFailed')) throw error;
    throw new ObjectStoreError('AlreadyExists', error.message, {
      ...(error.key === undefined ? {} : { key: error.key }),
      cause: error.cause,
    });
  }
}

function encryptionFields(encryption: ServerSideEncryption | undefined): ObjectFields {
  if (encryption === undefined) return {};
  if (encryption === 'AES256') return { ServerSideEncryption: encryption };
  const { algorithm, keyId } = encryption;
  return { ServerSideEncryption: algorithm, ...(keyId === undefined ? {} : { SSEKMSKeyId: keyId }) };
}

function objectFields(attributes: ObjectAttributes | undefined, encryption: ObjectFields): ObjectFields {
  const { contentType, metadata } = attributes ?? {};
  return {
    ...encryption,
    ...(contentType === undefined ? {} : { ContentType: contentType }),
    ...(metadata === undefined ? {} : { Metadata: { ...metadata } }),
  };
}

function rangeHeader(range: ByteRange): string {
  if ('suffix' in range) return `bytes=-${range.suffix}`;
  return `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}`;
}

function describe(
  key: string,
  { ETag, ContentLength = 0, ContentRange, ContentType, LastModified = new Date(0), Metadata }: Described,
): { meta: ObjectMeta; attributes: ObjectAttributes; range: { start: number; end: number } } {
  const [, start = '0', last = `${ContentLength - 1}`, total = `${ContentLength}`] =
    /^bytes (\d+)-(\d+)\/(\d+)$/.exec(ContentRange ?? '') ?? [];
  return {
    meta: { key, size: Number(total), etag: etagOf(ETag, key), lastModified: LastModified },
    attributes: {
      ...(ContentType === undefined ? {} : { contentType: ContentType }),
      ...(Metadata === undefined ? {} : { metadata: Metadata }),
    },
    range: { start: Number(start), end: Number(last) + 1 },
  };
}

/** The bytes of an answer; releasing it before its end closes the connection. */
function bodySource(body: unknown, call: Call): BodySource {
  const stream = body as AsyncIterable<Uint8Array> & { destroy?(): void };
  const chunks = stream[Symbol.asyncIterator]();
  return {
    async read() {
      try {
        const { done, value } = await chunks.next();
        return done === true ? undefined : value;
      } catch (error) {
        throw storeError(error, call);
      }
    },
    release: () => stream.destroy?.(),
  };
}

async function collect(body: StreamBody, spare: Uint8Array | undefined): Promise<Uint8Array> {
  const bytes = spare !== undefined && spare.length >= body.size ? spare : new Uint8Array(body.size);
  let filled = 0;
  for await (const chunk of body.chunks()) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes.subarray(0, filled);
}

function etagOf(etag: string | undefined, key: string): string {
  if (etag === undefined) throw incomplete(key);
  return etag.startsWith('"') ? etag : `"${etag}"`;
}

function incomplete(key: string): ObjectStoreError {
  return new ObjectStoreError('Unavailable', `the answer for ${JSON.stringify(key)} has not what S3's have`, { key });
}

function unused(what: string): ObjectStoreError {
  return new ObjectStoreError('NotSupported', `a buffer's store does not ${what}; use createS3Store({ … })`);
}
