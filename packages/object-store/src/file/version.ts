import type { BigIntStats } from 'node:fs';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ObjectMeta } from '../types.ts';
import { hasCode } from './errors.ts';
import { objectPath } from './layout.ts';
import { foreignRecord, type ObjectRecord, readRecord } from './record.ts';

/** One version of an object: a file's stats and the record that belongs to exactly them. */
export interface ObjectVersion {
  readonly stats: BigIntStats;
  readonly record: ObjectRecord;
}

export function metaOf({ stats, record }: ObjectVersion): ObjectMeta {
  return {
    key: record.key,
    size: Number(stats.size),
    etag: record.etag,
    lastModified: new Date(Number(stats.mtimeMs)),
  };
}

/** The object as it stands, or `undefined` when there is none. */
export async function findVersion(root: string, key: string): Promise<ObjectVersion | undefined> {
  const path = objectPath(root, key);
  for (;;) {
    const stats = await fileStats(path);
    if (stats === undefined) return undefined;
    const record = await matchingRecord(root, key, stats);
    if (record !== undefined) return { stats, record };
  }
}

/** The same with the file open: whatever happens to the name, the handle keeps reading this version. */
export async function openVersion(
  root: string,
  key: string,
): Promise<(ObjectVersion & { readonly handle: FileHandle }) | undefined> {
  const path = objectPath(root, key);
  for (;;) {
    // lstat first: opening a device or a pipe that someone put here could block or act.
    if ((await fileStats(path)) === undefined) return undefined;
    const handle = await openFile(path);
    if (handle === undefined) continue;
    try {
      const stats = await handle.stat({ bigint: true });
      const record = await matchingRecord(root, key, stats);
      if (record !== undefined) return { stats, record, handle };
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
  }
}

/**
 * The record of a version, or `undefined` when the version is no longer the current one and must be looked up again.
 * A writer removes the old record only after the new file is in place, so a missing record with the file still there
 * means that something else wrote the file.
 */
async function matchingRecord(root: string, key: string, stats: BigIntStats): Promise<ObjectRecord | undefined> {
  const record = await readRecord(root, key, stats);
  if (record !== undefined) return record;
  const after = await fileStats(objectPath(root, key));
  const unchanged = after !== undefined && after.ino === stats.ino && after.mtimeNs === stats.mtimeNs;
  return unchanged ? foreignRecord(key, stats) : undefined;
}

/** Stats of a regular file that is really at this path: no symbolic link leads to it. */
async function fileStats(path: string): Promise<BigIntStats | undefined> {
  try {
    const parent = dirname(path);
    if ((await realpath(parent)) !== parent) return undefined;
    const stats = await lstat(path, { bigint: true });
    return stats.isFile() ? stats : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}
