import type {
  R2Bucket,
  R2HTTPMetadata,
  R2ListOptions,
  R2MultipartOptions,
  R2PutOptions,
} from '@cloudflare/workers-types';
import { CloudflareClientError } from './error.ts';
import { statusOf } from './failure.ts';
import { checkR2Key, shown } from './key.ts';
import { type R2ServiceMultipartUpload, retryingUpload } from './r2-multipart.ts';
import { putStream } from './r2-put-stream.ts';
import {
  nameObject,
  nameObjectBody,
  nameObjects,
  type R2ServiceObject,
  type R2ServiceObjectBody,
  type R2ServiceObjects,
} from './r2-results.ts';
import { type R2Opts, type RetryPolicy, retryPolicy, withRetries } from './retry.ts';
import type { R2SigningConfig } from './signing-config.ts';
import { isStream, type R2Body } from './stream.ts';
import { UrlSigner } from './url-signer.ts';

/**
 * An R2 bucket in a Worker: the binding's methods, tried again on 429, 5xx and timeouts, with streams of any length,
 * JSON and presigned URLs. Every other failure of the binding is passed on at once, as it is.
 */
export class R2Service {
  readonly #bucket: R2Bucket;
  readonly #policy: RetryPolicy;
  readonly #signer: UrlSigner | undefined;

  /**
   * @param bucket the Worker's binding
   * @param signingConfig only for {@link generateSignedUrl}
   * @throws CloudflareClientError `InvalidOption`
   */
  constructor(bucket: R2Bucket, opts: R2Opts = {}, signingConfig?: R2SigningConfig) {
    this.#bucket = bucket;
    this.#policy = retryPolicy(opts);
    this.#signer = signingConfig === undefined ? undefined : new UrlSigner(signingConfig);
  }

  /**
   * Puts an object or replaces it, with its metadata; none is kept from before.
   * @param body a stream may have any length, known or not: see `maxBufferedBytes`
   */
  async put(
    key: string,
    body: R2Body,
    metadata?: Record<string, string>,
    httpMetadata?: R2HTTPMetadata,
  ): Promise<R2ServiceObject> {
    checkR2Key(key);
    const options: R2PutOptions = {
      ...(metadata === undefined ? {} : { customMetadata: metadata }),
      ...(httpMetadata === undefined ? {} : { httpMetadata }),
    };
    const object = isStream(body)
      ? await putStream({ bucket: this.#bucket, policy: this.#policy }, key, body, options)
      : await withRetries(this.#policy, () => this.#bucket.put(key, body, options));
    return nameObject(object);
  }

  /** Puts `obj` as JSON, with content type `application/json`. Fails with `InvalidValue` when JSON cannot hold it. */
  async putJson(key: string, obj: unknown, metadata?: Record<string, string>): Promise<R2ServiceObject> {
    return this.put(key, toJson(key, obj), metadata, { contentType: 'application/json' });
  }

  /** The object with its body, or `null` when there is none. Read the body or cancel it. */
  async get(key: string): Promise<R2ServiceObjectBody | null> {
    checkR2Key(key);
    const object = await orNothing(withRetries(this.#policy, () => this.#bucket.get(key)));
    return object === null ? null : nameObjectBody(object);
  }

  /** Deleting a key that does not exist succeeds. */
  async delete(key: string): Promise<void> {
    checkR2Key(key);
    await orNothing(withRetries(this.#policy, () => this.#bucket.delete(key)));
  }

  /** One page of at most `limit` (1000) objects, in order of keys; go on with its `cursor` while it `isTruncated`. */
  async list(options?: R2ListOptions): Promise<R2ServiceObjects> {
    return nameObjects(await withRetries(this.#policy, () => this.#bucket.list(options)));
  }

  /** Begins an upload in parts: of 5 MiB to 5 GiB, all of one size but the last. */
  async createMultipartUpload(key: string, options?: R2MultipartOptions): Promise<R2ServiceMultipartUpload> {
    checkR2Key(key);
    const upload = await withRetries(this.#policy, () => this.#bucket.createMultipartUpload(key, options));
    return retryingUpload(this.#bucket, upload, this.#policy);
  }

  /** Goes on with an upload. Nothing is asked of R2: an upload that never was fails with the first part. */
  resumeMultipartUpload(key: string, uploadId: string): R2ServiceMultipartUpload {
    checkR2Key(key);
    return retryingUpload(this.#bucket, this.#bucket.resumeMultipartUpload(key, uploadId), this.#policy);
  }

  /**
   * A URL that lets whoever holds it read the object until it expires, without credentials. Do not log it.
   * @param expirySeconds 1 to 604,800 (7 days)
   * @throws CloudflareClientError `SigningConfigRequired`, `InvalidCredentials`, `InvalidExpiry` or `InvalidKey`
   */
  async generateSignedUrl(r2Key: string, expirySeconds: number): Promise<string> {
    if (this.#signer === undefined) {
      throw new CloudflareClientError(
        'SigningConfigRequired',
        'R2 signing config required: give R2Service a signingConfig (accountId, accessKeyId, secretAccessKey, bucketName) as its third argument',
        { key: r2Key },
      );
    }
    return this.#signer.sign('GET', r2Key, expirySeconds);
  }
}

function toJson(key: string, obj: unknown): string {
  let json: string | undefined;
  let cause: unknown;
  try {
    json = JSON.stringify(obj);
  } catch (error) {
    cause = error;
  }
  if (json !== undefined) return json;
  const why = cause instanceof Error ? cause.message : `it is ${typeof obj}`;
  throw new CloudflareClientError('InvalidValue', `the value for ${shown(key)} has no JSON form: ${why}`, {
    key,
    cause,
  });
}

/** 404 is an answer, not a failure. */
async function orNothing<Result>(call: Promise<Result>): Promise<Result | null> {
  try {
    return await call;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}
