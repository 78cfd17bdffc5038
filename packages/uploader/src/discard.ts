import { isObjectStoreError, type MultipartUpload } from '@bucket-radio/object-store';
import type { UploadStore } from './types.ts';

/** A part that was on its way when the upload was aborted may arrive after; S3 says to look, and abort again. */
const MAX_ROUNDS = 5;

/** Aborts an upload until the store has nothing of it. */
export async function discardUpload(store: UploadStore, upload: MultipartUpload): Promise<void> {
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    await store.abortMultipart(upload);
    if (await isGone(store, upload)) return;
  }
}

async function isGone(store: UploadStore, upload: MultipartUpload): Promise<boolean> {
  try {
    await store.listParts(upload)[Symbol.asyncIterator]().next();
    return false;
  } catch (error) {
    if (isObjectStoreError(error, 'NotFound')) return true;
    throw error;
  }
}
