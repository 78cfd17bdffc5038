import type { MultipartUpload } from '@bucket-radio/object-store';
import { discardUpload } from './discard.ts';
import { listAbandoned } from './journal.ts';
import type { UploaderSettings } from './settings.ts';
import type { UploadStore } from './types.ts';

export interface SweepOptions {
  /** Younger ones are left: they may be under way elsewhere. Default 7 days. */
  readonly olderThanMs?: number;
  /** Also those below this prefix that no journal of ours knows; without one, only journals and the staging prefix. */
  readonly prefix?: string;
}

export interface SweepResult {
  readonly aborted: readonly MultipartUpload[];
  /** Pieces of streams that were never joined. */
  readonly deleted: readonly string[];
}

const WEEK_MS = 604_800_000;

/**
 * Frees what uploads that were never finished hold: multipart uploads of our journals whose process is gone, those below
 * our prefixes, and staged pieces. Touches nothing else and nothing that is younger.
 */
export async function sweepUploads(
  store: UploadStore,
  settings: UploaderSettings,
  { olderThanMs = WEEK_MS, prefix }: SweepOptions,
): Promise<SweepResult> {
  const before = settings.now() - olderThanMs;
  const aborted: MultipartUpload[] = [];
  const deleted: string[] = [];
  if (settings.journalDirectory !== undefined) {
    for (const { header, upload, remove } of await listAbandoned(settings.journalDirectory)) {
      if (header.store !== store.name || header.startedAtMs > before) continue;
      await discardUpload(store, upload);
      await remove();
      aborted.push(upload);
    }
  }
  for (const ours of prefix === undefined ? [settings.stagingPrefix] : [settings.stagingPrefix, prefix]) {
    for await (const { key, uploadId, startedAt } of store.listMultiparts({ prefix: ours })) {
      if (startedAt.getTime() > before) continue;
      await discardUpload(store, { key, uploadId });
      aborted.push({ key, uploadId });
    }
  }
  for await (const { key, lastModified } of store.list({ prefix: settings.stagingPrefix })) {
    if (lastModified.getTime() > before) continue;
    await store.delete(key);
    deleted.push(key);
  }
  return { aborted, deleted };
}
