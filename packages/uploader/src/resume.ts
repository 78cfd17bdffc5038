import { randomUUID } from 'node:crypto';
import { isObjectStoreError, type MultipartUpload } from '@bucket-radio/object-store';
import type { UploadContext } from './context.ts';
import type { Journal, JournalHeader } from './journal.ts';
import type { SentPart } from './lanes.ts';
import { partRange } from './plan.ts';
import { findOwn, withId } from './settle.ts';
import type { RandomSource, SourceIdentity } from './source/source.ts';

/** Where an upload in parts stands before it sends any. */
export interface Start {
  readonly id: string;
  readonly upload: MultipartUpload;
  readonly partBytes: number;
  /** Parts that need not be sent. */
  readonly parts: readonly SentPart[];
  /** The object is there already: only the news of it was lost. */
  readonly completed?: { readonly etag: string };
}

/**
 * Goes on with what the journal says another process left, if the source is still the same and the store still has the
 * upload; otherwise begins anew. What is left of a changed source is aborted.
 */
export async function startUpload(
  context: UploadContext,
  source: RandomSource,
  partBytes: number,
  journal: Journal | undefined,
): Promise<Start> {
  const left = journal?.left;
  if (journal !== undefined && left !== undefined) {
    const resumed = await resumeUpload(context, source, left);
    if (resumed !== undefined) {
      await journal.begin(left.header, resumed.parts);
      return resumed;
    }
    await context.store.abortMultipart(left.header).catch(() => {});
  }
  const { store, key, attributes, control, settings } = context;
  const id = randomUUID();
  const upload = await store.createMultipart(key, { attributes: withId(attributes, id), signal: control.signal });
  if (journal !== undefined && source.identity !== undefined) {
    const header = {
      id,
      store: store.name,
      ...upload,
      partBytes,
      source: source.identity,
      startedAtMs: settings.now(),
    };
    await journal.begin(header, []);
  }
  return { id, upload, partBytes, parts: [] };
}

async function resumeUpload(
  { store, key, control }: UploadContext,
  source: RandomSource,
  { header, parts }: { readonly header: JournalHeader; readonly parts: readonly SentPart[] },
): Promise<Start | undefined> {
  if (header.key !== key || !isSameSource(header.source, source.identity)) return undefined;
  const { id, uploadId, partBytes } = header;
  const upload = { key, uploadId };
  const known = new Map(parts.map((part) => [part.partNumber, part]));
  const kept: SentPart[] = [];
  try {
    for await (const { partNumber, etag, size } of store.listParts(upload, { signal: control.signal })) {
      const part = known.get(partNumber);
      const { start, end } = partRange(partNumber, source.size, partBytes);
      // A part that the store has and the journal has not was under way at the crash: it is sent again.
      if (part !== undefined && part.etag === etag && size === end - start) kept.push(part);
    }
  } catch (error) {
    if (!isObjectStoreError(error, 'NotFound')) throw error;
    const own = await findOwn(store, key, id);
    if (own?.size !== source.size) return undefined;
    return { id, upload, partBytes, parts, completed: { etag: own.etag } };
  }
  return { id, upload, partBytes, parts: kept };
}

function isSameSource(before: SourceIdentity, now: SourceIdentity | undefined): boolean {
  if (now === undefined) return false;
  return Object.entries(now).every(([name, value]) => before[name] === value);
}
