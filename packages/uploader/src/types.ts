import type {
  CopyStore,
  FullObjectStore,
  MultipartStore,
  ObjectAttributes,
  ObjectStore,
} from '@bucket-radio/object-store';

/** The part of the object-store contract that uploads need; every store and wrapper of the package has it. */
export type UploadStore = ObjectStore &
  MultipartStore &
  Pick<CopyStore, 'copy'> &
  Pick<FullObjectStore, 'capabilities'>;

/**
 * What can be uploaded: the path of a file, bytes in memory, a `Blob`, or a stream of bytes (Node's `Readable`, a web
 * `ReadableStream`, any async iterable) of known or unknown length.
 */
export type UploadSource = string | URL | Uint8Array | Blob | AsyncIterable<Uint8Array>;

export interface UploaderOptions {
  /** Of a part, in MiB, and the size from which an upload is made of parts; default 5. Grows for sizes that need it. */
  readonly multipartChunkSizeMb?: number;
  /** Parts on their way at a time, each on a connection of its own; default 4. */
  readonly multipartConcurrency?: number;
  /**
   * A directory for journals, which let a later process go on with an upload that this one did not finish. Without one,
   * an upload that fails is aborted.
   */
  readonly journalDirectory?: string;
  /** Where pieces of streams that outgrow one multipart upload wait to be joined; default `.uploads/`. */
  readonly stagingPrefix?: string;
  /** From this many bytes on an object is copied in parts; default 1 GiB. */
  readonly copyPartBytes?: number;
  /** Milliseconds, for rates and ages. Default `Date.now`. */
  readonly now?: () => number;
}

export interface UploadOptions {
  /** Default: guessed from the extension of the key, then of the file. */
  readonly contentType?: string;
  /** All others; an `upload-id` of our own is added to the metadata. */
  readonly attributes?: ObjectAttributes;
  /** `create` fails with `AlreadyExists` when the object exists and is not this very upload's. Default `overwrite`. */
  readonly mode?: 'overwrite' | 'create';
  /** Bytes of a stream, when they are known: parts can then be sized for them. */
  readonly size?: number;
  /** Aborting it is `abort()`. */
  readonly signal?: AbortSignal;
  /**
   * `arrival` (default): the store compares every part with its SHA-256 as it arrives, and the finished object's size and
   * id are looked at. `read`: the object is also read back and every part compared again.
   */
  readonly verify?: 'arrival' | 'read';
  /** An index of what is stored by content: what is already there is copied by the server. Not for streams. */
  readonly dedupe?: DedupeIndex;
}

/** Knows which key holds which content; see `createDedupeIndex`. */
export interface DedupeIndex {
  find(sha256: string): Promise<StoredContent | undefined>;
  remember(sha256: string, content: StoredContent): Promise<void>;
}

/** An object at the time its content was known. */
export interface StoredContent {
  readonly key: string;
  readonly etag: string;
}

export interface UploadProgress {
  /** Sent, confirmed or on their way; goes back when a part has to be sent again. */
  readonly bytes: number;
  /** `undefined` while the length of a stream is not known. */
  readonly total: number | undefined;
  /** Parts confirmed; 0 for a single put. */
  readonly parts: number;
  /** Bytes a second over the last seconds. */
  readonly rate: number;
  /** Seconds to go at this rate. */
  readonly eta: number | undefined;
  readonly paused: boolean;
}

export interface UploadResult {
  readonly key: string;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** 0 for a single put. */
  readonly parts: number;
  /** The `upload-id` in the object's metadata. */
  readonly id: string;
  /** SHA-256 of the content for a single put, or of the parts' SHA-256s one after another, then `-` and their number. */
  readonly checksum: string;
  /** Bytes that an earlier process had already sent. */
  readonly resumedBytes: number;
  /** The key whose content was copied instead of being sent. */
  readonly copiedFrom?: string;
}

/** An upload under way: its result, its progress (`for await`), and its controls. */
export interface Upload extends AsyncIterable<UploadProgress> {
  readonly key: string;
  readonly result: Promise<UploadResult>;
  readonly progress: UploadProgress;
  /** Called on every change of progress, until the result is there. @returns a function that ends it */
  onProgress(listener: (progress: UploadProgress) => void): () => void;
  /** Parts on their way are finished; no other is begun until `resume`. */
  pause(): void;
  resume(): void;
  /**
   * Ends the upload: when the promise resolves, nothing is in flight, no part is stored and no journal is left. `result`
   * rejects with `Aborted`. After the object is complete it does nothing.
   */
  abort(): Promise<void>;
}
