import { randomUUID } from 'node:crypto';
import type { MultipartUpload } from '@bucket-radio/object-store';
import type { UploadContext } from './context.ts';
import { copyObject } from './copy.ts';
import { discardUpload } from './discard.ts';
import { type StreamFeed, streamFeed } from './feeds.ts';
import { compositeChecksum, inOrder, type SentPart, sendParts } from './lanes.ts';
import { planPartBytes } from './plan.ts';
import { putWhole } from './put.ts';
import { settle, withId } from './settle.ts';
import type { SequentialSource } from './source/source.ts';
import { joinPieces, type Piece } from './staging.ts';
import type { UploadResult } from './types.ts';
import { verifyArrival, verifyContent } from './verify.ts';

/** Parts that an upload of unknown length keeps free for pieces that are copied into it. */
const RESERVED_PARTS = 2_000;

/**
 * Uploads a stream. Its parts cannot grow on the way, because all must be equal and a part is held in memory. When they
 * do not suffice, the rest goes into objects under the staging prefix, each an upload of its own, and the server copies
 * these into the object in parts of about a gigabyte.
 *
 * Where even copied parts must be equal (R2), the whole of a stream of unknown length goes through staging objects, at
 * the price of one copy by the server.
 */
export async function uploadStream(context: UploadContext, source: SequentialSource): Promise<UploadResult> {
  const { store, settings, progress } = context;
  progress.setTotal(source.size);
  const partBytes = planPartBytes(source.size, settings.chunkBytes, store.capabilities.multipart);
  const buffer = new Uint8Array(partBytes);
  const length = await source.fill(buffer);
  if (length < partBytes) return putWhole(context, buffer.subarray(0, length));
  const feed = streamFeed(source, partBytes, { buffer, length });
  const result = await uploadParts(context, source, feed, partBytes);
  // Otherwise V8 keeps 5 MiB a lane until it looks for old garbage, which may be never.
  feed.free();
  return result;
}

function uploadParts(
  context: UploadContext,
  { size }: SequentialSource,
  feed: StreamFeed,
  partBytes: number,
): Promise<UploadResult> {
  const { maxParts, equalParts } = context.store.capabilities.multipart;
  if (size !== undefined) return uploadDirectly(context, feed, maxParts, partBytes);
  if (equalParts) return uploadStaged(context, feed, partBytes);
  return uploadDirectly(context, feed, maxParts - Math.min(RESERVED_PARTS, Math.floor(maxParts / 2)), partBytes);
}

/** The first parts go into the object itself, and more follow only if the stream has more. */
async function uploadDirectly(
  context: UploadContext,
  feed: StreamFeed,
  ownParts: number,
  partBytes: number,
): Promise<UploadResult> {
  const { store, key, attributes, control, options } = context;
  const id = randomUUID();
  const upload = await store.createMultipart(key, { attributes: withId(attributes, id), signal: control.signal });
  const pieces: Piece[] = [];
  try {
    feed.restart(ownParts);
    const parts = await sendAll(context, upload, feed);
    await stageRest(context, feed, id, pieces);
    const copied = await joinPieces(context, upload, pieces, { firstPart: parts.length + 1, partBytes });
    const size = feed.bytes;
    await control.ready();
    const { etag } = await settle(store, { key, id, size }, () =>
      store.completeMultipart(upload, [...parts, ...copied], { mode: options.mode ?? 'overwrite' }),
    );
    await verifyArrival(store, { key, id, size, etag });
    const all = [...parts, ...pieces.flatMap((piece) => piece.parts)];
    return await finish(context, { id, etag, size, parts: all });
  } catch (error) {
    await discardUpload(store, upload);
    throw error;
  } finally {
    await removePieces(context, pieces);
  }
}

async function uploadStaged(context: UploadContext, feed: StreamFeed, partBytes: number): Promise<UploadResult> {
  const { store, key, attributes, control, options } = context;
  const id = randomUUID();
  const pieces: Piece[] = [];
  try {
    await stageRest(context, feed, id, pieces);
    const size = feed.bytes;
    const mode = options.mode ?? 'overwrite';
    const [only, ...more] = pieces;
    let etag: string;
    if (only !== undefined && more.length === 0) {
      ({ etag } = await copyObject(context, only.key, key, { mode, attributes: withId(attributes, id), id }));
    } else {
      const upload = await store.createMultipart(key, { attributes: withId(attributes, id), signal: control.signal });
      try {
        const copied = await joinPieces(context, upload, pieces, { firstPart: 1, partBytes });
        ({ etag } = await settle(store, { key, id, size }, () => store.completeMultipart(upload, copied, { mode })));
      } catch (error) {
        await discardUpload(store, upload);
        throw error;
      }
    }
    await verifyArrival(store, { key, id, size, etag });
    return await finish(context, { id, etag, size, parts: pieces.flatMap((piece) => piece.parts) });
  } finally {
    await removePieces(context, pieces);
  }
}

/** Puts what the stream still has into objects under the staging prefix, each as long as its parts allow. */
async function stageRest(context: UploadContext, feed: StreamFeed, id: string, pieces: Piece[]): Promise<void> {
  const { store, settings, control } = context;
  const { maxParts } = store.capabilities.multipart;
  while (!feed.ended) {
    const key = `${settings.stagingPrefix}${id}/${pieces.length}`;
    const upload = await store.createMultipart(key, { signal: control.signal });
    try {
      feed.restart(maxParts);
      const before = feed.bytes;
      const parts = await sendAll(context, upload, feed);
      if (parts.length === 0) {
        await discardUpload(store, upload);
        return;
      }
      await store.completeMultipart(upload, parts);
      pieces.push({ key, size: feed.bytes - before, parts });
    } catch (error) {
      await discardUpload(store, upload);
      await store.delete(key);
      throw error;
    }
  }
}

async function sendAll(context: UploadContext, upload: MultipartUpload, feed: StreamFeed): Promise<SentPart[]> {
  const { store, settings, control, progress } = context;
  return inOrder(await sendParts({ store, upload, feed, concurrency: settings.concurrency, control, progress }));
}

async function removePieces({ store }: UploadContext, pieces: readonly Piece[]): Promise<void> {
  for (const { key } of pieces) await store.delete(key);
}

async function finish(
  { store, key, options }: UploadContext,
  done: { readonly id: string; readonly etag: string; readonly size: number; readonly parts: readonly SentPart[] },
): Promise<UploadResult> {
  const { id, etag, size } = done;
  // Each staged object numbers its parts from 1: here they are numbered in the order of the stream.
  const parts = done.parts.map((part, index) => ({ ...part, partNumber: index + 1 }));
  if (options.verify === 'read') await verifyContent(store, key, etag, parts);
  return { key, etag, size, parts: parts.length, id, checksum: compositeChecksum(parts), resumedBytes: 0 };
}
