import { isObjectStoreError } from '@bucket-radio/object-store';
import type { UploadContext } from './context.ts';
import { dedupeUpload } from './dedupe.ts';
import { discardUpload } from './discard.ts';
import { randomFeed } from './feeds.ts';
import { type Journal, openJournal } from './journal.ts';
import { compositeChecksum, inOrder, type SentPart, sendParts } from './lanes.ts';
import { planPartBytes } from './plan.ts';
import { putWhole } from './put.ts';
import { startUpload } from './resume.ts';
import { settle } from './settle.ts';
import type { RandomSource } from './source/source.ts';
import type { UploadResult } from './types.ts';
import { verifyArrival, verifyContent } from './verify.ts';

/** Uploads a source that can be read from anywhere: a file, bytes, a Blob. */
export async function uploadRandom(context: UploadContext, source: RandomSource): Promise<UploadResult> {
  const { settings, progress, options } = context;
  progress.setTotal(source.size);
  const copied = options.dedupe === undefined ? undefined : await dedupeUpload(context, source, options.dedupe);
  if (copied?.result !== undefined) return copied.result;
  const result =
    source.size < settings.chunkBytes ? await putSmall(context, source) : await uploadInParts(context, source);
  if (copied !== undefined) await options.dedupe?.remember(copied.sha256, { key: result.key, etag: result.etag });
  return result;
}

async function putSmall(context: UploadContext, source: RandomSource): Promise<UploadResult> {
  const bytes = await source.readWhole();
  await source.checkUnchanged();
  return putWhole(context, bytes);
}

async function uploadInParts(context: UploadContext, source: RandomSource): Promise<UploadResult> {
  const { store, key, settings } = context;
  const { identity } = source;
  const journal =
    settings.journalDirectory === undefined || identity === undefined
      ? undefined
      : await openJournal(settings.journalDirectory, { store: store.name, key, path: String(identity['path']) });
  try {
    const result = await sendAndComplete(context, source, journal);
    await journal?.remove();
    return result;
  } finally {
    await journal?.close();
  }
}

async function sendAndComplete(
  context: UploadContext,
  source: RandomSource,
  journal: Journal | undefined,
): Promise<UploadResult> {
  const { store, key, settings, control, progress, options } = context;
  const planned = planPartBytes(source.size, settings.chunkBytes, store.capabilities.multipart);
  const { id, upload, partBytes, parts: before, completed } = await startUpload(context, source, planned, journal);
  const resumedBytes = before.reduce((sum, { size }) => sum + size, 0);
  for (const { size } of before) progress.confirm(-1, size, { sent: false });
  const finish = (parts: readonly SentPart[], etag: string): UploadResult => ({
    key,
    etag,
    size: source.size,
    parts: parts.length,
    id,
    checksum: compositeChecksum(parts),
    resumedBytes,
  });
  if (completed !== undefined) return finish(before, completed.etag);
  try {
    const sent = await sendParts({
      store,
      upload,
      feed: randomFeed(source, partBytes, new Set(before.map(({ partNumber }) => partNumber))),
      concurrency: settings.concurrency,
      control,
      progress,
      ...(journal === undefined ? {} : { onPart: journal.add }),
    });
    const parts = inOrder([...before, ...sent]);
    await source.checkUnchanged();
    await control.ready();
    const { etag } = await settle(store, { key, id, size: source.size }, () =>
      store.completeMultipart(upload, parts, { mode: options.mode ?? 'overwrite' }),
    );
    await verifyArrival(store, { key, id, size: source.size, etag });
    if (options.verify === 'read') await verifyContent(store, key, etag, parts);
    return finish(parts, etag);
  } catch (failure) {
    const error = await blame(source, failure);
    // With a journal the parts are kept for the next try, unless there is to be none or it would be of other content.
    const keep = journal !== undefined && !control.signal.aborted && !isChanged(error);
    if (!keep) {
      await discardUpload(store, upload);
      await journal?.remove();
    }
    throw error;
  }
}

/** A source that was written to between its hash and its bytes is what the store calls a wrong checksum. */
async function blame(source: RandomSource, error: unknown): Promise<unknown> {
  if (!isObjectStoreError(error, 'ChecksumMismatch')) return error;
  return source.checkUnchanged().then(
    () => error,
    (changed: unknown) => changed,
  );
}

function isChanged(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 'SourceChanged';
}
