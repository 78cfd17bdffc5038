import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import {
  appendNote,
  hasWholeSidecar,
  type RecordingInfo,
  rebuildSidecar,
  type StoredNote,
  sidecarPath,
} from '@bucket-radio/archive';
import { type FullObjectStore, isObjectStoreError } from '@bucket-radio/object-store';
import { type Upload, UploadError, type Uploader } from '@bucket-radio/uploader';
import { ARCHIVE_PREFIX } from './cold-store.ts';

/** A recording that cannot be stored, however often it is tried: it is damaged. The message is for a person. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

export interface StoreRecordingOptions {
  readonly store: FullObjectStore;
  readonly uploader: Uploader;
  /** MD5 of a FLAC file's PCM; rejects with an Error when it does not decode. */
  readonly pcmMd5: (path: string, signal?: AbortSignal) => Promise<Uint8Array>;
  /** Ends what goes on here, on this machine; what is sent to the store is cut off by closing it. */
  readonly signal?: AbortSignal;
  /** Called when bytes begin to move, for progress and for pausing. */
  readonly onUpload?: (upload: Upload) => void;
  readonly now?: () => number;
}

/** What became of a recording on its way to cold storage. */
export interface StoredRecording {
  readonly key: string;
  /** `uploaded` byte by byte, or `present` there already: a key names the content. */
  readonly how: 'uploaded' | 'present';
  readonly bytes: number;
  /** Bytes of it that an earlier, interrupted upload had sent. */
  readonly resumedBytes: number;
}

const READ_BYTES = 1024 * 1024;
/** Of the SHA-256, in the key: enough that no two recordings share one. */
const KEY_DIGITS = 12;

/**
 * Takes one recording to cold storage: decodes it and compares with its MD5, uploads it (not what is there already), reads
 * it back and compares, and only then says in its sidecar that it is stored. A crash anywhere leaves it to be done again.
 * @throws RecordingError when the recording is damaged
 * @throws ObjectStoreError, UploadError when the store fails or the file changes meanwhile: worth another try
 */
export async function storeRecording(
  recording: RecordingInfo,
  options: StoreRecordingOptions,
): Promise<StoredRecording> {
  const { store, now = Date.now } = options;
  const { path } = recording;
  await verifyRecording(recording, options);
  // What only the sidecar tells is all that is left here, once the file is removed.
  if (!(await hasWholeSidecar(path))) await rebuildSidecar(path);
  const before = await stat(path);
  const sha256 = await sha256OfFile(path, options.signal);
  const key = archiveKey(recording.startMs, sha256);
  const content = { key, sha256, bytes: before.size };
  const moved = await putContent(path, content, options);
  await verifyStored(store, content);
  await storeSidecar(store, path, key);
  const after = await stat(path);
  if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
    throw new UploadError('SourceChanged', `${path} was changed while it was stored; it stays here`);
  }
  const note: StoredNote = {
    type: 'stored',
    atMs: now(),
    store: store.name,
    ...content,
    modifiedMs: after.mtimeMs,
  };
  await appendNote(path, note);
  return { key, bytes: before.size, ...moved };
}

/** `archive/2026/11/20/200000Z-0123456789ab.flac` */
export function archiveKey(startMs: number, sha256: string): string {
  const [date = '', time = ''] = new Date(startMs).toISOString().split('T');
  const name = `${time.slice(0, 8).replaceAll(':', '')}Z-${sha256.slice(0, KEY_DIGITS)}.flac`;
  return `${ARCHIVE_PREFIX}/${date.replaceAll('-', '/')}/${name}`;
}

interface Content {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
}

async function verifyRecording(
  { path, pcmMd5: recorded }: RecordingInfo,
  { pcmMd5, signal }: StoreRecordingOptions,
): Promise<void> {
  let decoded: string;
  try {
    decoded = Buffer.from(await pcmMd5(path, signal)).toString('hex');
  } catch (cause) {
    signal?.throwIfAborted();
    throw new RecordingError(`${path} does not decode: it stays here, and is not stored`, { cause });
  }
  if (recorded !== undefined && decoded !== recorded) {
    throw new RecordingError(
      `${path} decodes to ${decoded}, but was recorded as ${recorded}: it stays here, and is not stored`,
    );
  }
}

async function putContent(
  path: string,
  { key, sha256, bytes }: Content,
  { store, uploader, onUpload }: StoreRecordingOptions,
): Promise<Pick<StoredRecording, 'how' | 'resumedBytes'>> {
  const head = await store.head(key).catch((error: unknown) => {
    if (isObjectStoreError(error, 'NotFound')) return undefined;
    throw error;
  });
  if (head?.size === bytes && head.attributes.metadata?.['sha256'] === sha256) {
    return { how: 'present', resumedBytes: 0 };
  }
  const upload = uploader.upload(path, key, { attributes: { contentType: 'audio/flac', metadata: { sha256 } } });
  onUpload?.(upload);
  const { resumedBytes } = await upload.result;
  return { how: 'uploaded', resumedBytes };
}

/** Reads the object back. @throws UploadError when it is not the content; it is deleted, so that it can be put again */
async function verifyStored(store: FullObjectStore, { key, sha256, bytes }: Content): Promise<void> {
  const { body } = await store.get(key);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    size += chunk.length;
  }
  if (size === bytes && hash.digest('hex') === sha256) return;
  await store.delete(key);
  throw new UploadError(
    'VerifyFailed',
    `${store.name} gave other bytes for ${key} than were put; they were deleted there, not here`,
    { key },
  );
}

async function storeSidecar(store: FullObjectStore, path: string, key: string): Promise<void> {
  const notes = await readFile(sidecarPath(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (notes === undefined) return;
  await store.put(sidecarPath(key), notes, { attributes: { contentType: 'application/jsonl' } });
}

async function sha256OfFile(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'r');
  try {
    const buffer = new Uint8Array(READ_BYTES);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
