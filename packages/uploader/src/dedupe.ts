import { createHash, randomUUID } from 'node:crypto';
import { isObjectStoreError, type ObjectStore } from '@bucket-radio/object-store';
import type { UploadContext } from './context.ts';
import { copyObject } from './copy.ts';
import { withId } from './settle.ts';
import type { RandomSource } from './source/source.ts';
import type { DedupeIndex, StoredContent, UploadResult } from './types.ts';

/** More than any key and ETag need. */
const MAX_ENTRY_BYTES = 4_096;

/**
 * An index of content in the store itself: an object `PREFIX/SHA-256` for each content, which names a key and its ETag.
 * Entries may be deleted at any time, and may be out of date: what they name is looked at before it is used.
 */
export function createDedupeIndex(store: ObjectStore, prefix = '.dedupe'): DedupeIndex {
  return {
    async find(sha256) {
      try {
        const entry = await store.get(`${prefix}/${sha256}`, { range: { start: 0, end: MAX_ENTRY_BYTES } });
        const { key, etag } = JSON.parse(await entry.text()) as Partial<StoredContent>;
        return typeof key === 'string' && typeof etag === 'string' ? { key, etag } : undefined;
      } catch (error) {
        if (isObjectStoreError(error, 'NotFound') || error instanceof SyntaxError) return undefined;
        throw error;
      }
    },
    async remember(sha256, content) {
      const entry = new TextEncoder().encode(JSON.stringify(content));
      await store.put(`${prefix}/${sha256}`, entry, { attributes: { contentType: 'application/json' } });
    },
  };
}

/** Copies what the index says is stored already. @returns the content's SHA-256, and the result when it was */
export async function dedupeUpload(
  context: UploadContext,
  source: RandomSource,
  index: DedupeIndex,
): Promise<{ readonly sha256: string; readonly result?: UploadResult }> {
  const { store, key, attributes, options, control, progress } = context;
  const hash = createHash('sha256');
  for await (const chunk of source.createReader()(0, source.size)) {
    await control.ready();
    hash.update(chunk);
  }
  const sha256 = hash.digest('hex');
  await source.checkUnchanged();
  const stored = await index.find(sha256);
  if (stored === undefined || !(await isStill(store, stored, source.size))) return { sha256 };
  const from = stored.key;
  const id = randomUUID();
  const { mode = 'overwrite' } = options;
  const copy = { mode, attributes: withId(attributes, id), id, signal: control.signal };
  const { etag } = await copyObject(context, from, key, copy);
  progress.confirm(0, source.size, { sent: false, part: false });
  const { size } = source;
  return { sha256, result: { key, etag, size, parts: 0, id, checksum: sha256, resumedBytes: 0, copiedFrom: from } };
}

/** Whether the object is there and has not been replaced since it was remembered. */
async function isStill(store: ObjectStore, { key, etag }: StoredContent, size: number): Promise<boolean> {
  try {
    const head = await store.head(key);
    return head.size === size && head.etag === etag;
  } catch (error) {
    if (isObjectStoreError(error, 'NotFound') || isObjectStoreError(error, 'InvalidPath')) return false;
    throw error;
  }
}
