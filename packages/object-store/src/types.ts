/** Metadata that travels with an object and comes back as HTTP headers. Printable ASCII; see {@link validateAttributes}. */
export interface ObjectAttributes {
  /** Always set it: what an object without one comes back with is the store's choice. */
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  /** Custom metadata: lower-case keys, printable ASCII values, 2048 bytes in all. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a store knows about an object without its body. */
export interface ObjectMeta {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Opaque, with its quotes, as HTTP writes it. Changes whenever the content does. */
  readonly etag: string;
  /** When the content was put, by the store's clock; some stores keep whole seconds only. */
  readonly lastModified: Date;
}

export interface CallOptions {
  /**
   * Aborting rejects with code `Aborted`, or `Timeout` when the signal is `AbortSignal.timeout`'s; whether the store had already acted is then unknown.
   * A signal that is aborted before the call means that nothing is done.
   */
  readonly signal?: AbortSignal;
  /**
   * Milliseconds from the call until it must be over, every retry and the reading of a body or listing included; after
   * that it fails with `Timeout`, and as with `Aborted` it is unknown whether the store had acted. Default: none.
   */
  readonly timeoutMs?: number;
}

/** What the bytes of a put or a part must be; otherwise it fails with `ChecksumMismatch` and stores nothing. */
export interface ContentChecksum {
  /** SHA-256 of the whole body, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/**
 * - `overwrite` (default): the object is replaced.
 * - `create`: fails with `AlreadyExists` when the key exists. Of several concurrent creates, one succeeds.
 * - `{ update: { etag } }`: fails with `PreconditionFailed` unless the stored ETag equals `etag`.
 *   Of several concurrent updates of the same ETag, one succeeds.
 *
 * A conditional put may also fail with `Ambiguous`: an earlier try got no answer, and the condition fails now, perhaps
 * because that try was carried out. Read the object to find out.
 */
export type PutMode = 'overwrite' | 'create' | { readonly update: { readonly etag: string } };

export interface PutOptions extends CallOptions {
  readonly mode?: PutMode;
  /** Replace all attributes of an object that is overwritten; none are kept from before. */
  readonly attributes?: ObjectAttributes;
  /** Checked by the store against the bytes that arrived. */
  readonly checksum?: ContentChecksum;
}

export interface PutResult {
  readonly etag: string;
}

/**
 * Bytes `[start, end)`, or from `start` to the end, or the last `suffix` bytes. What lies past the object's end is cut
 * off, as `Array.prototype.slice` does: a range wholly past the end yields no bytes and no error.
 * Values are whole numbers from 0, `start` ≤ `end`; others fail with `NotSupported`.
 */
export type ByteRange = { readonly start: number; readonly end?: number } | { readonly suffix: number };

export interface GetOptions extends CallOptions {
  readonly range?: ByteRange;
  /** Fails with `PreconditionFailed` unless the stored ETag is this one. */
  readonly ifMatch?: string;
  /** Fails with `NotModified` when the stored ETag is this one. */
  readonly ifNoneMatch?: string;
}

export interface GetResult {
  /** Of the whole object, also when a range was asked for. */
  readonly meta: ObjectMeta;
  readonly attributes: ObjectAttributes;
  /** The bytes that `body` holds, as a range of the whole object. */
  readonly range: { readonly start: number; readonly end: number };
  /**
   * Read it to the end or cancel it: an abandoned body holds a connection or a file open.
   * Its bytes are those of `meta.etag`, even when the object is replaced meanwhile; the chunks belong to the reader.
   * It errors with {@link ObjectStoreError}: `Aborted` when the call's signal is aborted, `Unavailable` or `Timeout`
   * when the rest does not arrive.
   */
  readonly body: ReadableStream<Uint8Array>;
  /** Reads `body` to the end; once. */
  bytes(): Promise<Uint8Array>;
  /** Reads `body` to the end as UTF-8; once. */
  text(): Promise<string>;
}

export interface ListOptions extends CallOptions {
  /** Only keys that start with this text; it need not end at a `/`. */
  readonly prefix?: string;
}

/**
 * The contract every store and wrapper keeps; `@bucket-radio/object-store/conformance` tests it promise by promise.
 *
 * Keys are non-empty, well-formed text of at most 1024 UTF-8 bytes, made of non-empty segments other than `.` and `..`
 * joined by `/`, without NUL. Any other key fails with `InvalidPath`. A store that cannot hold both `a` and `a/b`
 * refuses the second with `InvalidPath`.
 *
 * After `put` or `delete` resolves, every later `get`, `head` and `list` sees its effect.
 * Every method rejects with {@link ObjectStoreError} and with nothing else.
 */
export interface ObjectStore {
  /** For logs and errors, e.g. `s3(radio)`; never holds a secret. */
  readonly name: string;
  /**
   * Atomic: a reader sees the old object or the new one with its attributes, never a part or a mixture.
   * `body` must not change until the promise settles; afterwards the caller may reuse it.
   */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<PutResult>;
  /** Fails with `NotFound` when there is no such object. */
  get(key: string, options?: GetOptions): Promise<GetResult>;
  /** Fails with `NotFound` when there is no such object. */
  head(key: string, options?: CallOptions): Promise<ObjectMeta & { readonly attributes: ObjectAttributes }>;
  /** Idempotent: deleting a key that does not exist succeeds. */
  delete(key: string, options?: CallOptions): Promise<void>;
  /**
   * Every object in ascending UTF-8 order of keys, however many there are. Objects put or deleted during the listing may
   * or may not appear. Names in the store that are not valid keys are left out.
   */
  list(options?: ListOptions): AsyncIterable<ObjectMeta>;
}
