import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import {
  type ByteRange,
  beginCall,
  type CallOptions,
  callSignal,
  createBody,
  createGetResult,
  type FullObjectStore,
  type GetOptions,
  type GetResult,
  getRanges,
  isObjectStoreError,
  type ListOptions,
  type ObjectMeta,
  type ObjectStore,
  ObjectStoreError,
  quoteKey,
  rename,
  resolveRange,
  S3_MULTIPART_LIMITS,
  type Signer,
  throwIfAborted,
  validateAttributes,
  validateChecksum,
  validateKey,
  validatePrefix,
  validateRange,
} from '@bucket-radio/object-store';
import { EMPTY_BODY, responseBody } from './body.ts';
import { createContext } from './context.ts';
import { attributesOf, incompleteAnswer, isEmptyRange, metaOf, putHeaders, rangeHeader, statusOf } from './convert.ts';
import { createS3Copies } from './copy.ts';
import { directBody } from './direct.ts';
import type { Call } from './errors.ts';
import type { S3Stats } from './events.ts';
import { createS3Listing, pageEntries } from './listing.ts';
import { createS3Multipart } from './multipart.ts';
import { resolveOptions, type S3StoreOptions } from './options.ts';
import { createS3Signer } from './signer.ts';
import { createConditionalPut } from './update.ts';

/** A {@link FullObjectStore} that can be asked whether it works, and must be closed. */
export interface S3Store extends FullObjectStore {
  /** Makes presigned URLs. */
  readonly signer: Signer;
  /** Counts and the clock's offset, for a status page. */
  stats(): S3Stats;
  /**
   * Asks the bucket for one key: cheap, and for the start of a program. Fails with `NotFound` when there is no such
   * bucket, `Unauthenticated`, `PermissionDenied`, `ClockSkew`, or `Unavailable` and `Timeout` when nothing answers;
   * the message is one line and says what to do.
   */
  check(options?: CallOptions): Promise<void>;
  /** Closes all connections. Calls under way, and later ones, fail with `Aborted`; bodies being read break off. */
  close(): void;
}

/**
 * A bucket of an S3-compatible service: Cloudflare R2, MinIO, Ceph, AWS. Makes no request by itself.
 * @throws ObjectStoreError `NotSupported` when an option is wrong
 */
export function createS3Store(options: S3StoreOptions): S3Store {
  const context = createContext(resolveOptions(options));
  const { bucket, client, request, requestPut, sendPut, traits, where } = context;
  const conditionalPut = createConditionalPut();

  const headObject = async (key: string, { signal, ifMatch, ifNoneMatch }: GetOptions) => {
    const call: Call = { action: 'head', key, signal };
    const output = await request(call, (http) =>
      client.send(new HeadObjectCommand({ ...where, Key: key, ...conditions({ ifMatch, ifNoneMatch }) }), http),
    ).catch(async (error: unknown) => {
      // The answer to a HEAD has no body, so it cannot say why it forbids.
      if (isObjectStoreError(error, 'PermissionDenied')) await explainForbidden(key, signal);
      throw error;
    });
    return { ...metaOf(key, output), attributes: attributesOf(output) };
  };

  const explainForbidden = async (key: string, signal: AbortSignal | undefined): Promise<void> => {
    const output = await request({ action: 'head', key, signal }, (http) =>
      client.send(new GetObjectCommand({ ...where, Key: key, Range: 'bytes=0-0' }), http),
    );
    if (output.Body instanceof Readable) output.Body.on('error', () => {}).destroy();
  };

  const getObject = async (key: string, options: GetOptions): Promise<GetResult | 'no such bytes'> => {
    const { range, signal } = options;
    const call: Call = { action: 'get', key, signal };
    const command = new GetObjectCommand({
      ...where,
      Key: key,
      ...conditions(options),
      ...(range === undefined ? {} : { Range: rangeHeader(range) }),
    });
    const output = await request(call, (http) =>
      client.send(command, http).catch((error: unknown) => {
        if (range !== undefined && statusOf(error) === 416) return undefined;
        throw error;
      }),
    );
    if (output === undefined) return 'no such bytes';
    const stream = output.Body;
    if (!(stream instanceof Readable)) throw incompleteAnswer(key);
    const source = responseBody(stream, call, context.target);
    try {
      const found = metaOf(key, output);
      checkAnsweredRange(found, range);
      const body = createBody(source, { key, signal });
      return createGetResult({ ...found, attributes: attributesOf(output), body });
    } catch (error) {
      await source.release();
      throw error;
    }
  };

  /** Bytes past the end: S3 answers 416, or cannot be asked. The object's size and ETag come from a HEAD. */
  const getNothing = async (key: string, options: GetOptions, range: ByteRange): Promise<GetResult | undefined> => {
    const { meta, attributes } = await headObject(key, options);
    const resolved = resolveRange(range, meta.size);
    if (resolved.start !== resolved.end) return undefined;
    const body = createBody(EMPTY_BODY, { key, signal: options.signal });
    return createGetResult({ meta, attributes, range: resolved, body });
  };

  const listPage = (prefix: string, token: string | undefined, call: Call, limit?: number) =>
    request(call, (http) =>
      client.send(
        new ListObjectsV2Command({
          ...where,
          Prefix: prefix,
          // Some characters that keys may have cannot be written in XML.
          EncodingType: 'url',
          ...(token === undefined ? {} : { ContinuationToken: token }),
          ...(limit === undefined ? {} : { MaxKeys: limit }),
        }),
        http,
      ),
    );

  const core: ObjectStore = {
    name: `s3(${bucket})`,

    async put(key, body, put = {}) {
      validateKey(key);
      validateAttributes(put.attributes, key);
      validateChecksum(put.checksum, key);
      const call: Call = { action: 'put', key, mode: put.mode, ...beginCall(put) };
      const direct = { key, ...directBody(body, put.checksum?.sha256) };
      const fields = putHeaders(put.attributes);
      const send = (condition: Record<string, string>) =>
        requestPut(call, (http) => sendPut({ ...direct, headers: { ...fields, ...condition } }, http));
      const { etag } =
        typeof put.mode === 'object'
          ? await conditionalPut(put.mode.update.etag, (ifMatch) => send({ 'if-match': ifMatch }))
          : await send(put.mode === 'create' ? { 'if-none-match': '*' } : {});
      if (etag === undefined) throw incompleteAnswer(key);
      return { etag };
    },

    async get(key, options = {}) {
      validateKey(key);
      const { range } = options;
      validateRange(range, key);
      const get = { ...options, ...beginCall(options) };
      for (;;) {
        const result = range !== undefined && isEmptyRange(range) ? 'no such bytes' : await getObject(key, get);
        if (result !== 'no such bytes') return result;
        // `undefined` when the object has grown since: then there is something to get.
        const nothing = range === undefined ? undefined : await getNothing(key, get, range);
        if (nothing !== undefined) return nothing;
      }
    },

    async head(key, call = {}) {
      validateKey(key);
      const { meta, attributes } = await headObject(key, beginCall(call));
      return { ...meta, attributes };
    },

    async delete(key, call = {}) {
      validateKey(key);
      await request({ action: 'delete', key, ...beginCall(call) }, (http) =>
        client.send(new DeleteObjectCommand({ ...where, Key: key }), http).catch((error: unknown) => {
          if (statusOf(error) !== 404 || (error as { name?: unknown }).name === 'NoSuchBucket') throw error;
        }),
      );
    },

    async *list({ prefix = '', ...options }: ListOptions = {}) {
      validatePrefix(prefix);
      const signal = callSignal(options);
      const call: Call = { action: 'list', signal };
      let token: string | undefined;
      do {
        const page: ListObjectsV2CommandOutput = await listPage(prefix, token, call);
        for (const meta of pageEntries(page)) {
          throwIfAborted(signal);
          yield meta;
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
      throwIfAborted(signal);
    },
  };
  const listing = createS3Listing(context, core);
  const copies = createS3Copies(context, core);

  return {
    ...core,
    ...copies,
    ...createS3Multipart(context, core),
    ...listing,
    signer: createS3Signer(context),
    capabilities: {
      nestedKeys: true,
      updateAmong: 'everyone',
      createOnCopy: traits.createOnCopy,
      createOnComplete: traits.createOnComplete,
      retries: true,
      maxCopyBytes: S3_MULTIPART_LIMITS.maxPartBytes,
      multipart: { ...S3_MULTIPART_LIMITS, equalParts: traits.equalParts },
    },
    getRanges: (key, ranges, call) => getRanges(core, key, ranges, call),
    rename: (from, to, call) => rename({ ...core, ...copies }, from, to, call),

    async check(call = {}) {
      const page = await listPage('', undefined, { action: 'check', ...beginCall(call) }, 1);
      if (page.Name === undefined && page.KeyCount === undefined) throw incompleteAnswer(undefined);
    },
    stats: context.stats,
    close: context.close,
  };
}

function conditions({ ifMatch, ifNoneMatch }: { ifMatch?: string | undefined; ifNoneMatch?: string | undefined }): {
  IfMatch?: string;
  IfNoneMatch?: string;
} {
  return {
    ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { IfNoneMatch: ifNoneMatch }),
  };
}

function checkAnsweredRange(
  found: { readonly meta: ObjectMeta; readonly range: { readonly start: number; readonly end: number } },
  asked: ByteRange | undefined,
): void {
  const { key, size } = found.meta;
  const expected = resolveRange(asked, size);
  if (found.range.start === expected.start && found.range.end === expected.end) return;
  throw new ObjectStoreError('NotSupported', `get ${quoteKey(key)}: the server does not answer the range asked for`, {
    key,
  });
}
