import { createHash, hash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { callSignal, throwIfAborted } from '../abort.ts';
import { copyAttributes, validateAttributes } from '../attributes.ts';
import { checksumMismatch, validateChecksum, wrongSize } from '../checksum.ts';
import { notFound } from '../conditions.ts';
import { compareKeys, validatePrefix } from '../key.ts';
import type { MultipartStore, MultipartUpload, StreamBody, UploadedPart } from '../multipart.ts';
import { noSuchUpload, S3_MULTIPART_LIMITS, selectParts, validatePartNumber } from '../parts.ts';
import { requireWithin } from '../range.ts';
import type { CallOptions, ContentChecksum, ObjectAttributes } from '../types.ts';
import { fileBody, readAll } from './body.ts';
import { commitPut } from './commit.ts';
import { hasCode } from './errors.ts';
import { multipartDirectory } from './layout.ts';
import { exclusively } from './lock.ts';
import { stageObject, writeAll } from './stage.ts';
import { syncDirectories, syncDirectory } from './sync.ts';
import { openVersion } from './version.ts';

const LIMITS = { ...S3_MULTIPART_LIMITS, minPartBytes: 1 };
const UPLOAD_ID = /^[0-9a-f-]{36}$/;
const PART_NAME = /^(\d{5})-([0-9a-f]{32})-(\d+)$/;

/** What an upload's directory says of it; `upload.json`, written before any part. */
interface UploadRecord {
  readonly key: string;
  readonly attributes: ObjectAttributes;
  readonly startedAtMs: number;
}

interface StoredPart extends UploadedPart {
  readonly name: string;
}

export interface FileMultipartContext {
  readonly guard: <Result>(key: string | undefined, work: () => Promise<Result>) => Promise<Result>;
  readonly begin: (key: string, call: CallOptions) => AbortSignal | undefined;
  readonly findRoot: () => Promise<string | undefined>;
  readonly makeRoot: () => Promise<string>;
  readonly now: () => number;
}

/**
 * Multipart uploads of the file store: a directory for each, a file for each part, named `NUMBER-HASH-SIZE`. They
 * survive a restart; a complete joins the parts into a staged file, which is then placed as any other.
 */
export function createFileMultipart({ guard, begin, findRoot, makeRoot, now }: FileMultipartContext): MultipartStore {
  const find = async (upload: MultipartUpload): Promise<{ root: string; directory: string; record: UploadRecord }> => {
    const root = await findRoot();
    if (root === undefined || !UPLOAD_ID.test(upload.uploadId)) throw noSuchUpload(upload);
    const directory = join(multipartDirectory(root), upload.uploadId);
    const record = await readUploadRecord(directory);
    if (record?.key !== upload.key) throw noSuchUpload(upload);
    return { root, directory, record };
  };

  const addPart = async (
    upload: MultipartUpload,
    partNumber: number,
    chunks: AsyncIterable<Uint8Array>,
    expected: { readonly size: number; readonly checksum?: ContentChecksum | undefined },
  ): Promise<UploadedPart> => {
    const { directory } = await find(upload);
    const temporary = join(directory, `new-${randomUUID()}`);
    try {
      const { digest, size } = await writeHashed(temporary, chunks);
      if (size !== expected.size) throw wrongSize(upload.key, expected.size, String(size));
      if (expected.checksum !== undefined && expected.checksum.sha256 !== digest) throw checksumMismatch(upload.key);
      const part = { partNumber, etag: `"${digest.slice(0, 32)}"`, size };
      const name = partName(part);
      await exclusively(directory, async () => {
        await rename(temporary, join(directory, name));
        await syncDirectory(directory);
        for (const old of await readParts(directory)) {
          if (old.partNumber === partNumber && old.name !== name) await rm(join(directory, old.name), { force: true });
        }
      });
      return part;
    } catch (error) {
      await rm(temporary, { force: true });
      // The directory goes when the upload is completed or aborted.
      throw hasCode(error, 'ENOENT') ? noSuchUpload(upload, error) : error;
    }
  };

  return {
    createMultipart: (key, call = {}) =>
      guard(key, async () => {
        begin(key, call);
        validateAttributes(call.attributes, key);
        const uploadId = randomUUID();
        const directory = join(multipartDirectory(await makeRoot()), uploadId);
        const firstCreated = await mkdir(directory, { recursive: true });
        const record = { key, attributes: copyAttributes(call.attributes), startedAtMs: now() };
        const file = await open(join(directory, 'upload.json'), 'wx');
        try {
          await file.writeFile(`${JSON.stringify(record)}\n`);
          await file.sync();
        } finally {
          await file.close();
        }
        await syncDirectories(directory, firstCreated);
        return { key, uploadId };
      }),

    putPart: (upload, partNumber, body, call = {}) =>
      guard(upload.key, async () => {
        const signal = begin(upload.key, call);
        validatePartNumber(partNumber, LIMITS, upload.key);
        validateChecksum(call.checksum, upload.key);
        const size = body instanceof Uint8Array ? body.length : body.size;
        const chunks = untilAborted(body, signal, upload.key);
        return addPart(upload, partNumber, chunks, { size, checksum: call.checksum });
      }),

    copyPart: (upload, partNumber, from, call = {}) =>
      guard(upload.key, async () => {
        const signal = begin(upload.key, call);
        begin(from.key, {});
        validatePartNumber(partNumber, LIMITS, upload.key);
        const { root } = await find(upload);
        const version = await openVersion(root, from.key);
        if (version === undefined) throw notFound(from.key);
        try {
          const range = requireWithin(from.range, Number(version.stats.size), from.key);
          const source = fileBody(version.handle, range, { directory: root, key: from.key });
          const chunks = readAll(source, signal, from.key);
          return await addPart(upload, partNumber, chunks, { size: range.end - range.start });
        } finally {
          await version.handle.close();
        }
      }),

    completeMultipart: (upload, named, call = {}) =>
      guard(upload.key, async () => {
        const signal = begin(upload.key, call);
        const { root, directory, record } = await find(upload);
        const stored = new Map((await readParts(directory)).map((part) => [part.partNumber, part]));
        const parts = selectParts(upload.key, named, stored, LIMITS);
        const digest = hash('sha256', parts.map(({ etag }) => etag).join('\n'), 'hex').slice(0, 32);
        const etag = `"${digest}-${parts.length}"`;
        const bytes = joinParts(directory, parts, signal, upload.key);
        const staged = await stageObject(root, { key: upload.key, etag, attributes: record.attributes }, bytes);
        await commitPut(root, upload.key, staged, call.mode ?? 'overwrite');
        await rm(directory, { recursive: true, force: true });
        return { etag };
      }),

    abortMultipart: (upload, call = {}) =>
      guard(upload.key, async () => {
        begin(upload.key, call);
        const found = await find(upload).catch(() => undefined);
        if (found !== undefined) await rm(found.directory, { recursive: true, force: true });
      }),

    async *listParts(upload, call = {}) {
      const signal = begin(upload.key, call);
      const parts = await guard(upload.key, async () => readParts((await find(upload)).directory));
      for (const { partNumber, etag, size } of parts) {
        throwIfAborted(signal, upload.key);
        yield { partNumber, etag, size };
      }
    },

    async *listMultiparts({ prefix = '', ...call } = {}) {
      validatePrefix(prefix);
      const signal = callSignal(call);
      throwIfAborted(signal);
      const found = await guard(undefined, async () => readUploads(await findRoot()));
      for (const { key, uploadId, startedAt } of found) {
        throwIfAborted(signal);
        if (key.startsWith(prefix)) yield { key, uploadId, startedAt };
      }
    },
  };
}

async function writeHashed(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly digest: string; readonly size: number }> {
  const sha256 = createHash('sha256');
  let size = 0;
  const hashed = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      sha256.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  const file = await open(path, 'wx');
  try {
    await writeAll(file, hashed());
    await file.sync();
  } finally {
    await file.close();
  }
  return { digest: sha256.digest('hex'), size };
}

async function* untilAborted(
  body: Uint8Array | StreamBody,
  signal: AbortSignal | undefined,
  key: string,
): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body;
  else {
    for await (const chunk of body.chunks()) {
      throwIfAborted(signal, key);
      yield chunk;
    }
  }
  throwIfAborted(signal, key);
}

async function* joinParts(
  directory: string,
  parts: readonly StoredPart[],
  signal: AbortSignal | undefined,
  key: string,
): AsyncGenerator<Uint8Array> {
  for (const { name, size } of parts) {
    const handle = await open(join(directory, name), 'r');
    try {
      yield* readAll(fileBody(handle, { start: 0, end: size }, { directory, key }), signal, key);
    } finally {
      await handle.close();
    }
  }
}

function partName({ partNumber, etag, size }: UploadedPart): string {
  return `${String(partNumber).padStart(5, '0')}-${etag.slice(1, -1)}-${size}`;
}

async function readParts(directory: string): Promise<StoredPart[]> {
  const names = (await readdir(directory)).sort();
  return names.flatMap((name) => {
    const [, number, digest, size] = PART_NAME.exec(name) ?? [];
    if (number === undefined || size === undefined) return [];
    return [{ name, partNumber: Number(number), etag: `"${digest}"`, size: Number(size) }];
  });
}

async function readUploadRecord(directory: string): Promise<UploadRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, 'upload.json'), 'utf8')) as UploadRecord;
  } catch (error) {
    // A process killed while it began an upload leaves no record, or half of one.
    if (hasCode(error, 'ENOENT', 'ENOTDIR') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function readUploads(root: string | undefined): Promise<(MultipartUpload & { readonly startedAt: Date })[]> {
  if (root === undefined) return [];
  const directory = multipartDirectory(root);
  const ids = await readdir(directory).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  const uploads: (MultipartUpload & { readonly startedAt: Date })[] = [];
  for (const uploadId of ids) {
    const record = await readUploadRecord(join(directory, uploadId));
    if (record !== undefined) uploads.push({ key: record.key, uploadId, startedAt: new Date(record.startedAtMs) });
  }
  return uploads.sort((a, b) => compareKeys(a.key, b.key));
}
