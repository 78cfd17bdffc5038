import { isFullObjectStore, type ObjectStore } from '@bucket-radio/object-store';
import { createUploader, type Uploader, type UploadStore } from '@bucket-radio/uploader';
import { checkWhole } from '../error.ts';
import { ObjectBackend } from './objects/backend.ts';
import { withDeadlines } from './objects/deadline.ts';
import { keyMaker } from './objects/key.ts';
import { putWriter, uploadWriter } from './objects/writers.ts';
import type { StorageFactory } from './storage.ts';

const MIB = 1024 ** 2;
const PART_MIB = 5;
/**
 * Parts of one object; then comes another. The uploader copies nothing up to here, and the parts of one object stay
 * equal in size, as R2 wants them.
 */
const PARTS_IN_OBJECT = 4_000;
const MAX_TIMEOUT_MS = 2_147_483_647;

export interface ObjectStorageOptions {
  /** What keys begin with: `{keyPrefix}/{unix seconds}-{8 hex}.bin`. Default `hybridbuffer`. */
  readonly keyPrefix?: string;
  /**
   * Milliseconds for each request, its retries included; not for the whole upload. Default 30,000. Joining the parts of
   * an object may always take ten minutes.
   */
  readonly timeoutMs?: number;
  /** Parts on their way at a time, 5 MiB of memory and a connection each; default 4. */
  readonly concurrency?: number;
  /** UTC in milliseconds, for the keys. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * Any `ObjectStore`. Where it has multipart uploads, bytes are sent in the background from the first full part on; into a
 * plain one they go as objects of 5 MiB each. Objects are removed when the buffer is reset or closed; a process that is
 * killed leaves them, so give the prefix a lifecycle rule.
 *
 * @throws HybridBufferError `InvalidOption`
 */
export function objectStore(store: ObjectStore, options: ObjectStorageOptions = {}): StorageFactory {
  const { timeoutMs } = resolveObjectOptions(options);
  if (isFullObjectStore(store)) return uploadStorage(withDeadlines(store, timeoutMs), options);
  const createKey = keyMaker(options.keyPrefix ?? 'hybridbuffer', options.now ?? Date.now);
  const bounded = withDeadlines(store, timeoutMs);
  return () => new ObjectBackend({ store, createKey, timeoutMs, openWriter: putWriter(bounded, PART_MIB * MIB) });
}

/** A store whose calls end by themselves in time. */
export function uploadStorage(store: UploadStore, options: ObjectStorageOptions): StorageFactory {
  const { timeoutMs, concurrency } = resolveObjectOptions(options);
  const createKey = keyMaker(options.keyPrefix ?? 'hybridbuffer', options.now ?? Date.now);
  const { capabilities } = store;
  const { maxParts } = capabilities.multipart;
  const uploader: Uploader = createUploader(
    // Equal as they are, the parts of a stream need no copy that would make them so.
    { ...store, capabilities: { ...capabilities, multipart: { ...capabilities.multipart, equalParts: false } } },
    { multipartChunkSizeMb: PART_MIB, multipartConcurrency: concurrency },
  );
  // The uploader keeps some part numbers for copies.
  const maxBytes = Math.max(1, Math.min(PARTS_IN_OBJECT, Math.floor(maxParts / 3))) * PART_MIB * MIB;
  return () => new ObjectBackend({ store, createKey, timeoutMs, openWriter: uploadWriter(uploader, maxBytes) });
}

function resolveObjectOptions(options: ObjectStorageOptions): { timeoutMs: number; concurrency: number } {
  return {
    timeoutMs: checkWhole('timeoutMs', options.timeoutMs ?? 30_000, 1, MAX_TIMEOUT_MS),
    concurrency: checkWhole('concurrency', options.concurrency ?? 4, 1, 64),
  };
}
