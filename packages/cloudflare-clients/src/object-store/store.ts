import {
  type ByteRange,
  type CallOptions,
  type CompleteOptions,
  type CopyOptions,
  type DeleteOutcome,
  type DirectoryListing,
  type FullObjectStore,
  type GetOptions,
  type GetResult,
  getRanges,
  type ListOptions,
  type MultipartStore,
  type MultipartUpload,
  type ObjectAttributes,
  type ObjectMeta,
  type PutOptions,
  type PutPartOptions,
  type PutResult,
  type RangesOptions,
  rename,
  type Signer,
  type StoreCapabilities,
  type StreamBody,
  type UploadedPart,
  validateAttributes,
  validateKey,
} from '@bucket-radio/object-store';
import type { R2Bucket, ReadableStream as WorkersReadableStream } from '@cloudflare/workers-types';
import { putStream } from '../r2-put-stream.ts';
import { type R2Opts, retryPolicy } from '../retry.ts';
import type { R2SigningConfig } from '../signing-config.ts';
import { UrlSigner } from '../url-signer.ts';
import { askR2, beginR2Call } from './call.ts';
import type { R2StoreContext } from './context.ts';
import { attributesOf, metaOf, toR2Metadata } from './convert.ts';
import { type CopySource, copyObject, MAX_COPY_BYTES } from './copies.ts';
import { deleteObjects, listDirectory, listObjects } from './listing.ts';
import { createR2Multipart, R2_MULTIPART_LIMITS } from './multipart.ts';
import { getObject, notFound } from './read.ts';
import { createStoreSigner } from './signer.ts';
import { putObject } from './write.ts';

export interface R2ObjectStoreOptions extends R2Opts {
  /** For logs and errors. Default `r2`. */
  readonly name?: string;
  /** For {@link R2ObjectStore.signer}; without it the store has none. */
  readonly signing?: R2SigningConfig;
}

/**
 * The `@bucket-radio/object-store` contract on a Worker's R2 binding. What differs from other stores:
 * `listParts` and `listMultiparts` fail with `NotSupported`, for the binding has no such calls; a copy's bytes go
 * through the runtime; a complete with mode `create` looks for the target just before.
 */
export class R2ObjectStore implements FullObjectStore {
  readonly name: string;
  readonly capabilities: StoreCapabilities = {
    nestedKeys: true,
    updateAmong: 'everyone',
    createOnCopy: 'atomic',
    createOnComplete: 'checked',
    retries: true,
    maxCopyBytes: MAX_COPY_BYTES,
    multipart: R2_MULTIPART_LIMITS,
  };
  declare readonly signer?: Signer;
  readonly #context: R2StoreContext;
  readonly #multipart: MultipartStore;

  /** @throws CloudflareClientError `InvalidOption` */
  constructor(bucket: R2Bucket, options: R2ObjectStoreOptions = {}) {
    this.name = options.name ?? 'r2';
    this.#context = { bucket, policy: retryPolicy(options) };
    this.#multipart = createR2Multipart(this.#context);
    if (options.signing !== undefined) this.signer = createStoreSigner(new UrlSigner(options.signing));
  }

  async put(key: string, body: Uint8Array, options?: PutOptions): Promise<PutResult> {
    return putObject(this.#context, key, body, options);
  }

  /**
   * Puts a stream of any length, known or not, with at most `maxBufferedBytes` of it in memory; beyond these it becomes
   * a multipart upload. Atomic: nothing is visible before all of it is there. An error of the stream itself is passed
   * on unchanged.
   */
  async putStream(
    key: string,
    body: ReadableStream<Uint8Array>,
    options: CallOptions & { readonly attributes?: ObjectAttributes } = {},
  ): Promise<PutResult & { readonly size: number }> {
    validateKey(key);
    validateAttributes(options.attributes, key);
    const signal = beginR2Call(options, key);
    const { bucket, policy } = this.#context;
    const stream = body as unknown as WorkersReadableStream;
    const stored = await askR2({ ...policy, maxRetries: 0 }, { action: 'put', key, signal }, () =>
      putStream({ bucket, policy, signal }, key, stream, toR2Metadata(options.attributes)),
    );
    return { etag: stored.httpEtag, size: stored.size };
  }

  async get(key: string, options?: GetOptions): Promise<GetResult> {
    return getObject(this.#context, key, options);
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectMeta & { readonly attributes: ObjectAttributes }> {
    validateKey(key);
    const { bucket, policy } = this.#context;
    const signal = beginR2Call(options, key);
    const object = await askR2(policy, { action: 'head', key, signal }, () => bucket.head(key));
    if (object === null) throw notFound(key);
    return { ...metaOf(object), attributes: attributesOf(object) };
  }

  async delete(key: string, options: CallOptions = {}): Promise<void> {
    validateKey(key);
    const { bucket, policy } = this.#context;
    const signal = beginR2Call(options, key);
    await askR2(policy, { action: 'delete', key, signal }, () => bucket.delete(key));
  }

  list(options?: ListOptions): AsyncIterable<ObjectMeta> {
    return listObjects(this.#context, options);
  }

  async copy(from: string, to: string, options?: CopyOptions): Promise<PutResult> {
    return copyObject(this.#context, from, to, options);
  }

  async rename(from: string, to: string, options?: CopyOptions): Promise<PutResult> {
    return rename(this, from, to, options);
  }

  async getRanges(key: string, ranges: readonly ByteRange[], options?: RangesOptions): Promise<Uint8Array[]> {
    return getRanges(this, key, ranges, options);
  }

  deleteMany(keys: Iterable<string> | AsyncIterable<string>, options?: CallOptions): AsyncIterable<DeleteOutcome> {
    return deleteObjects(this.#context, keys, options);
  }

  async listWithDelimiter(options?: CallOptions & { readonly prefix?: string }): Promise<DirectoryListing> {
    return listDirectory(this.#context, options);
  }

  async createMultipart(
    key: string,
    options?: CallOptions & { readonly attributes?: ObjectAttributes },
  ): Promise<MultipartUpload> {
    return this.#multipart.createMultipart(key, options);
  }

  async putPart(
    upload: MultipartUpload,
    partNumber: number,
    body: Uint8Array | StreamBody,
    options?: PutPartOptions,
  ): Promise<UploadedPart> {
    return this.#multipart.putPart(upload, partNumber, body, options);
  }

  async copyPart(
    upload: MultipartUpload,
    partNumber: number,
    from: CopySource,
    options?: CallOptions,
  ): Promise<UploadedPart> {
    return this.#multipart.copyPart(upload, partNumber, from, options);
  }

  async completeMultipart(
    upload: MultipartUpload,
    parts: readonly Pick<UploadedPart, 'partNumber' | 'etag'>[],
    options?: CompleteOptions,
  ): Promise<PutResult> {
    return this.#multipart.completeMultipart(upload, parts, options);
  }

  async abortMultipart(upload: MultipartUpload, options?: CallOptions): Promise<void> {
    return this.#multipart.abortMultipart(upload, options);
  }

  /** Fails with `NotSupported`. */
  listParts(upload: MultipartUpload, options?: CallOptions): AsyncIterable<UploadedPart> {
    return this.#multipart.listParts(upload, options);
  }

  /** Fails with `NotSupported`. */
  listMultiparts(
    options?: CallOptions & { readonly prefix?: string },
  ): AsyncIterable<MultipartUpload & { readonly startedAt: Date }> {
    return this.#multipart.listMultiparts(options);
  }
}
