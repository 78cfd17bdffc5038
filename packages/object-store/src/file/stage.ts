import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from './errors.ts';
import { recordPath, stagingDirectory, stampOf } from './layout.ts';
import { formatRecord, type ObjectRecord } from './record.ts';
import { syncDirectories } from './sync.ts';

/** A put that is complete and durable on disk, one rename away from being visible. */
export interface StagedObject {
  readonly dataPath: string;
  readonly recordPath: string;
  readonly stamp: string;
}

export type StagedBytes = Uint8Array | AsyncIterable<Uint8Array>;

/** A staged file older than this belongs to a process that died. */
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * Writes bytes and record, both durable. The record's name holds the stamp of this very file, so it describes nothing
 * until the file is renamed into place, and goes on describing it if the process dies right after.
 */
export async function stageObject(root: string, record: ObjectRecord, body: StagedBytes): Promise<StagedObject> {
  const staging = stagingDirectory(root);
  await syncDirectories(staging, await mkdir(staging, { recursive: true }));
  const dataPath = join(staging, randomUUID());
  let reserved: ReservedRecord | undefined;
  try {
    const data = await open(dataPath, 'wx');
    try {
      await writeAll(data, body);
      reserved = await reserveRecord(root, record.key, data);
      await data.sync();
      await reserved.handle.writeFile(formatRecord(record));
      await reserved.handle.sync();
    } finally {
      await data.close();
      await reserved?.handle.close();
    }
    await syncDirectories(dirname(reserved.path), reserved.firstCreated);
    return { dataPath, recordPath: reserved.path, stamp: reserved.stamp };
  } catch (error) {
    await rm(dataPath, { force: true });
    if (reserved !== undefined) await rm(reserved.path, { force: true });
    throw error;
  }
}

/** Writes a chunk before it asks for the next: chunks may share a buffer. */
export async function writeAll(file: FileHandle, body: StagedBytes): Promise<void> {
  if (body instanceof Uint8Array) return file.writeFile(body);
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
  }
}

/** Undoes {@link stageObject}. */
export async function discardStaged(staged: StagedObject): Promise<void> {
  await rm(staged.dataPath, { force: true });
  await rm(staged.recordPath, { force: true });
}

/** Moves puts that collide with each other by different amounts: 10 µs apart. */
let collisions = 0;

interface ReservedRecord {
  readonly handle: FileHandle;
  readonly path: string;
  readonly stamp: string;
  readonly firstCreated: string | undefined;
}

/**
 * Creates the record's file. If the name is taken, by the version that is about to be replaced, this version was written
 * within one tick of the file system's clock: its time is moved on until the stamp is its own.
 */
async function reserveRecord(root: string, key: string, data: FileHandle): Promise<ReservedRecord> {
  for (let stepMs = 1; ; stepMs *= 2) {
    const stats = await data.stat({ bigint: true });
    const stamp = stampOf(stats);
    const path = recordPath(root, key, stamp);
    const firstCreated = await mkdir(dirname(path), { recursive: true });
    try {
      return { handle: await open(path, 'wx'), path, stamp, firstCreated };
    } catch (error) {
      if (!hasCode(error, 'EEXIST') || stepMs > 10_000) throw error;
    }
    collisions = (collisions + 1) % 1000;
    const seconds = (Number(stats.mtimeMs) + stepMs + collisions / 100) / 1000;
    await data.utimes(seconds, seconds);
  }
}

/** Removes what processes that were killed in the middle of a put have left. */
export async function sweepStaging(root: string, nowMs: number): Promise<void> {
  const staging = stagingDirectory(root);
  for (const name of await readdir(staging)) {
    const path = join(staging, name);
    try {
      const { mtimeMs } = await stat(path);
      if (nowMs - mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true });
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}
