import { link, lstat, mkdir, realpath, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { alreadyExists, checkPutMode } from '../conditions.ts';
import { ObjectStoreError } from '../error.ts';
import { quoteKey } from '../key.ts';
import type { PutMode } from '../types.ts';
import { hasCode, pathConflict } from './errors.ts';
import { objectPath, recordPath, stampOf } from './layout.ts';
import { exclusively } from './lock.ts';
import { discardStaged, type StagedObject } from './stage.ts';
import { syncDirectories, syncDirectory } from './sync.ts';
import { findVersion, type ObjectVersion } from './version.ts';

/** Attempts to rename into a directory that a concurrent delete keeps removing because it is empty. */
const MAX_PLACE_ATTEMPTS = 100;

/** Makes a staged object the current one, if its mode allows. The rename (or link) is the moment it happens. */
export async function commitPut(root: string, key: string, staged: StagedObject, mode: PutMode): Promise<void> {
  const path = objectPath(root, key);
  await exclusively(path, async () => {
    let before: ObjectVersion | undefined;
    let firstCreated: string | undefined;
    try {
      before = await findVersion(root, key);
      checkPutMode(key, mode, before?.record.etag);
      if (before === undefined) await clearEmptyDirectory(path, key);
      firstCreated = await placeInDirectory(path, key, () =>
        mode === 'create' ? linkAsNew(staged.dataPath, path, key) : rename(staged.dataPath, path),
      );
    } catch (error) {
      // Only here: once the object is in place, its record must stay whatever fails after.
      await discardStaged(staged);
      throw error;
    }
    await syncDirectories(dirname(path), firstCreated);
    if (before !== undefined) await removeRecord(root, key, stampOf(before.stats));
  });
}

/** Removes an object, its record, and the directories it leaves empty. */
export async function commitDelete(root: string, key: string): Promise<void> {
  const path = objectPath(root, key);
  await exclusively(path, async () => {
    const before = await findVersion(root, key);
    if (before === undefined) return;
    await rm(path, { force: true });
    await syncDirectory(dirname(path));
    await removeRecord(root, key, stampOf(before.stats));
  });
  await removeEmptyParents(root, path);
}

/** Makes the object's directory, then places the object. @returns the first directory that had to be made */
async function placeInDirectory(path: string, key: string, place: () => Promise<void>): Promise<string | undefined> {
  const parent = dirname(path);
  let firstCreated: string | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      firstCreated = (await mkdir(parent, { recursive: true })) ?? firstCreated;
      if ((await realpath(parent)) !== parent) throw symbolicLink(key);
      await place();
      return firstCreated;
    } catch (error) {
      if (hasCode(error, 'ENOENT') && attempt < MAX_PLACE_ATTEMPTS) continue;
      if (hasCode(error, 'EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY')) throw pathConflict(key, error);
      throw error;
    }
  }
}

/** Unlike a rename, a link fails when the name exists: of several processes that create a key, one succeeds. */
async function linkAsNew(from: string, path: string, key: string): Promise<void> {
  try {
    await link(from, path);
  } catch (error) {
    if (hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) {
      throw new ObjectStoreError(
        'NotSupported',
        `${quoteKey(key)}: this file system has no hard links, which mode "create" needs; use a Linux or macOS file system`,
        { key, cause: error },
      );
    }
    if (hasCode(error, 'EEXIST')) {
      const found = await lstat(path).catch(() => undefined);
      throw found?.isDirectory() ? pathConflict(key, error) : alreadyExists(key, error);
    }
    throw error;
  }
  // A second name for the same bytes does no harm, and a later sweep removes it.
  await unlink(from).catch(() => {});
}

/** A process killed in the middle of a delete leaves an empty directory, which is no object and must not be in the way. */
async function clearEmptyDirectory(path: string, key: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw pathConflict(key, error);
    // ENOTDIR: a file, which the put's mode deals with, or a link or device, which it replaces.
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EPERM', 'EACCES')) throw error;
  }
}

/** Goes up until a directory is not empty. A put that needs one of them at this moment makes it again. */
async function removeEmptyParents(root: string, path: string): Promise<void> {
  for (let parent = dirname(path); parent.length > root.length; parent = dirname(parent)) {
    try {
      await rmdir(parent);
    } catch {
      return;
    }
  }
}

async function removeRecord(root: string, key: string, stamp: string): Promise<void> {
  await rm(recordPath(root, key, stamp), { force: true });
}

function symbolicLink(key: string): ObjectStoreError {
  return new ObjectStoreError(
    'InvalidPath',
    `key ${quoteKey(key)} leads through a symbolic link, or differs from a directory only in case; the file store follows neither`,
    { key },
  );
}
