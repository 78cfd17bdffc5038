import { link, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sidecarPath } from './sidecar.ts';

/** Filesystems without hard links (FAT, exFAT, some network mounts) answer with one of these. */
const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * Gives a whole file and its sidecar their final name, `{name}.flac`, or `{name}-2.flac` … when a recording of that
 * second is there already, or was before it left for cold storage: a recording is never replaced.
 * @returns the final path
 */
export async function moveToFinalName(directory: string, name: string, stagingPath: string): Promise<string> {
  for (let copy = 1; ; copy++) {
    const path = join(directory, `${name}${copy === 1 ? '' : `-${copy}`}.flac`);
    await mkdir(dirname(path), { recursive: true });
    if ((await exists(sidecarPath(path))) || !(await moveWithoutReplacing(stagingPath, path))) continue;
    await moveSidecar(stagingPath, path);
    await syncDirectory(dirname(path));
    return path;
  }
}

/** After the sound, and never in its way: a sidecar that stays behind is moved or made anew by a later repair. */
export async function moveSidecar(stagingPath: string, path: string): Promise<void> {
  await rename(sidecarPath(stagingPath), sidecarPath(path)).catch(() => undefined);
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
  if (await exists(to)) return false;
  await rename(from, to);
  return true;
}

export async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
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
