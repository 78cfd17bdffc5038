import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MultipartUpload } from '@bucket-radio/object-store';
import { UploadError } from './error.ts';
import type { SentPart } from './lanes.ts';
import type { SourceIdentity } from './source/source.ts';

/** The first line of a journal. */
export interface JournalHeader {
  readonly version: 1;
  readonly id: string;
  readonly store: string;
  readonly key: string;
  readonly uploadId: string;
  /** Bytes. */
  readonly partBytes: number;
  readonly source: SourceIdentity;
  readonly startedAtMs: number;
  /** The process that writes it. */
  readonly pid: number;
}

/**
 * What a killed upload leaves for the next one: a file of JSON lines, a header and then a line for every part that is
 * stored. A line that a crash cut is passed over.
 */
export interface Journal {
  /** What an earlier process left. */
  readonly left: { readonly header: JournalHeader; readonly parts: readonly SentPart[] } | undefined;
  /** Begins it anew, or goes on with what was left. */
  begin(header: Omit<JournalHeader, 'version' | 'pid'>, parts: readonly SentPart[]): Promise<void>;
  add(part: SentPart): Promise<void>;
  /** The upload is over: nothing is left to go on with. */
  remove(): Promise<void>;
  /** Keeps the file. */
  close(): Promise<void>;
}

/** @throws UploadError `InUse` when a process that is alive writes the same journal */
export async function openJournal(
  directory: string,
  target: { readonly store: string; readonly key: string; readonly path: string },
): Promise<Journal> {
  await mkdir(directory, { recursive: true });
  const name = createHash('sha256')
    .update(JSON.stringify([target.store, target.key, target.path]))
    .digest('hex');
  const path = join(directory, `${name.slice(0, 40)}.jsonl`);
  const left = await readJournal(path);
  if (active.has(path) || (left !== undefined && isAlive(left.header.pid))) {
    throw new UploadError(
      'InUse',
      `this source is being uploaded to ${JSON.stringify(target.key)} already; if it is not, remove ${path}`,
      { key: target.key },
    );
  }
  active.add(path);
  let file: FileHandle | undefined;
  const write = async (line: unknown): Promise<void> => {
    await file?.appendFile(`${JSON.stringify(line)}\n`);
  };
  const close = async (): Promise<void> => {
    active.delete(path);
    await file?.close();
    file = undefined;
  };
  return {
    left,
    async begin(header, parts) {
      await file?.close();
      file = await open(path, 'w');
      await write({ version: 1, ...header, pid: process.pid });
      for (const part of parts) await write(part);
      await file.datasync();
    },
    add: write,
    async remove() {
      await close();
      await rm(path, { force: true });
    },
    close,
  };
}

/** Journals of this process's uploads under way. */
const active = new Set<string>();

/** Every journal of a directory whose process is gone. */
export async function listAbandoned(
  directory: string,
): Promise<{ readonly header: JournalHeader; readonly upload: MultipartUpload; remove(): Promise<void> }[]> {
  const found: { readonly header: JournalHeader; readonly upload: MultipartUpload; remove(): Promise<void> }[] = [];
  for (const name of await readdir(directory).catch(() => [])) {
    const path = join(directory, name);
    if (!name.endsWith('.jsonl') || active.has(path)) continue;
    const header = (await readJournal(path))?.header;
    if (header === undefined || isAlive(header.pid)) continue;
    const { key, uploadId } = header;
    found.push({ header, upload: { key, uploadId }, remove: () => rm(path, { force: true }) });
  }
  return found;
}

async function readJournal(path: string): Promise<Journal['left']> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [header, ...parts] = text.split('\n').flatMap((line): unknown[] => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
  if (!isHeader(header)) return undefined;
  return { header, parts: parts.filter(isPart) };
}

function isHeader(value: unknown): value is JournalHeader {
  const header = value as Partial<JournalHeader> | undefined;
  return header?.version === 1 && typeof header.uploadId === 'string' && typeof header.source === 'object';
}

function isPart(value: unknown): value is SentPart {
  const part = value as Partial<SentPart> | undefined;
  return typeof part?.partNumber === 'number' && typeof part.etag === 'string' && typeof part.sha256 === 'string';
}

/** Whether another process of this number runs. Ours with no upload under way is one that came back after a restart. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
