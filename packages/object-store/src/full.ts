import type { ObjectStoreError } from './error.ts';
import type { MultipartLimits, MultipartStore } from './multipart.ts';
import type { ByteRange, CallOptions, ObjectAttributes, ObjectMeta, ObjectStore, PutResult } from './types.ts';

/** What differs between stores that keep the same contract: ask before you rely on it. */
export interface StoreCapabilities {
  /** Whether `a` and `a/b` may both exist; when not, the second is refused with `InvalidPath`. */
  readonly nestedKeys: boolean;
  /** Among whom an `update` is decided: every writer, or the stores of one process. */
  readonly updateAmong: 'everyone' | 'process';
  /**
   * `atomic`: of several concurrent copies, renames or completes with mode `create` and the same target, one succeeds.
   * `checked`: the target is looked for just before; a writer in between is overwritten.
   */
  readonly createOnCopy: 'atomic' | 'checked';
  readonly createOnComplete: 'atomic' | 'checked';
  /** Whether the store retries by itself; {@link withRetry} is for those that do not. */
  readonly retries: boolean;
  /** Most bytes that one `copy` moves; larger objects are copied part by part. */
  readonly maxCopyBytes: number;
  readonly multipart: MultipartLimits;
}

export interface CopyOptions extends CallOptions {
  /** `create` fails with `AlreadyExists` when the target exists; see {@link StoreCapabilities.createOnCopy}. */
  readonly mode?: 'overwrite' | 'create';
  /** Replace all attributes of the copy; by default it has those of the source. */
  readonly attributes?: ObjectAttributes;
}

export interface CopyStore {
  /**
   * Copies inside the store: no byte passes through this process. Fails with `NotFound` when there is no source. An
   * object copied onto itself keeps its bytes. The copy's ETag may differ from the source's.
   */
  copy(from: string, to: string, options?: CopyOptions): Promise<PutResult>;
  /** A copy, then a delete of the source: killed in between, both exist. Onto itself it does nothing. */
  rename(from: string, to: string, options?: CopyOptions): Promise<PutResult>;
}

export interface DirectoryListing {
  /** The objects whose keys have no `/` after the prefix, in order. */
  readonly objects: readonly ObjectMeta[];
  /** What other keys have up to and with the next `/`, each once, in order. */
  readonly prefixes: readonly string[];
}

export interface DeleteOutcome {
  readonly key: string;
  /** Why this one was not deleted. */
  readonly error?: ObjectStoreError;
}

export interface RangesOptions extends CallOptions {
  /** Fails with `PreconditionFailed` unless the stored ETag is this one. */
  readonly ifMatch?: string;
}

export interface SignOptions {
  /** Whole seconds the URL is good for, 1 to 604,800 (7 days). */
  readonly expiresInSeconds: number;
  /** Of the object a PUT makes; the client must send the same header. */
  readonly contentType?: string;
}

/** Makes URLs that let whoever holds them do one thing for a while, without credentials. */
export interface Signer {
  /** The URL holds a signature: do not log it. */
  signUrl(method: 'GET' | 'HEAD' | 'PUT' | 'DELETE', key: string, options: SignOptions): Promise<string>;
}

/**
 * The whole surface: the five methods of {@link ObjectStore} that most consumers need, multipart uploads, server-side
 * copies, and sugar over many objects. Ask for the smallest part that you use: `ObjectStore`, `CopyStore`,
 * `MultipartStore` are easily implemented in a test.
 */
export interface FullObjectStore extends ObjectStore, CopyStore, MultipartStore {
  readonly capabilities: StoreCapabilities;
  /** Absent where the store has no URLs. */
  readonly signer?: Signer;
  /** The bytes of several ranges, in the order asked, all of one version: fails with `PreconditionFailed` otherwise. */
  getRanges(key: string, ranges: readonly ByteRange[], options?: RangesOptions): Promise<Uint8Array[]>;
  /** Deletes any number of objects, many at a time, and tells of each, in no order. One failure does not stop the rest. */
  deleteMany(keys: Iterable<string> | AsyncIterable<string>, options?: CallOptions): AsyncIterable<DeleteOutcome>;
  /** One level of a tree whose directories end in `/`. `prefix` is empty or ends in `/` to list a directory. */
  listWithDelimiter(options?: CallOptions & { readonly prefix?: string }): Promise<DirectoryListing>;
}

/** Whether a store has the whole surface. */
export function isFullObjectStore(store: ObjectStore): store is FullObjectStore {
  return 'capabilities' in store && 'createMultipart' in store && 'copy' in store;
}
