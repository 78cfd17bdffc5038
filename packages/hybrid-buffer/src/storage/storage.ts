/**
 * Where the bytes of one buffer go once they are too many for memory: bytes are appended, read back from anywhere,
 * cut off at the end, and removed. Calls come one at a time. To write one of your own, keep these promises; the
 * buffer's frames, middleware and errors come on top.
 */
export interface StorageBackend {
  /** Bytes appended and not cut off. */
  readonly size: number;
  /**
   * Why bytes that were taken could not be stored, once that is known: storage that works in the background tells it
   * here, and rejects every later call with it.
   */
  readonly failure: unknown;
  /** Resolves when the caller may use `bytes` again; slow storage holds the caller up here. */
  append(bytes: Uint8Array): Promise<void>;
  /** Fills all of `target` with the bytes from `position`, which lie within `size`. */
  readInto(position: number, target: Uint8Array): Promise<void>;
  /** Cuts everything from `size` on. */
  truncate(size: number): Promise<void>;
  /** Resolves when everything appended is stored; rejects when something is not. */
  finish(): Promise<void>;
  /** Ends what goes on, without waiting for bytes on their way, and removes everything. */
  remove(): Promise<void>;
}

/** Makes the storage of one buffer; called when it outgrows memory, and again after a reset. Does nothing by itself. */
export type StorageFactory = () => StorageBackend;
