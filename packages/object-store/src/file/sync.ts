import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from './errors.ts';

/** Makes the names in a directory durable. File systems that cannot do this (Windows, some network mounts) are left be. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!hasCode(error, 'EISDIR', 'EINVAL', 'EPERM', 'ENOTSUP', 'ENOENT')) throw error;
  }
}

/**
 * The same for a directory and the ones that `mkdir` made above it.
 * @param firstCreated what `mkdir(path, { recursive: true })` returned
 */
export async function syncDirectories(path: string, firstCreated: string | undefined): Promise<void> {
  await syncDirectory(path);
  for (let at = path; firstCreated !== undefined && at.length >= firstCreated.length; at = dirname(at)) {
    await syncDirectory(dirname(at));
  }
}
