import { link, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Filesystems without hard links (FAT, exFAT, some network mounts) answer with one of these. */
const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * Gives a whole file its final name, `{name}.flac`, or `{name}-2.flac` … when a recording of that second is there
 * already: a recording is never replaced.
 * @returns the final path
 */
export async function moveToFinalName(directory: string, name: string, stagingPath: string): Promise<string> {
  for (let copy = 1; ; copy++) {
    const path = join(directory, `${name}${copy === 1 ? '' : `-${copy}`}.flac`);
    await mkdir(dirname(path), { recursive: true });
    if (!(await moveWithoutReplacing(stagingPath, path))) continue;
    await syncDirectory(dirname(path));
    return path;
  }
}

/** @returns false when `to` exists, which `rename` alone would replace */
async function moveWithoutReplacing(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    await unlink(from);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') return false;
    if (!NO_HARD_LINKS.has(code)) throw error;
  }
  const exists = await stat(to).then(
    () => true,
    () => false,
  );
  if (!exists) await rename(from, to);
  return !exists;
}

/** Makes the directory's entries survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
