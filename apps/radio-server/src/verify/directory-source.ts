import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { VerifyError } from './report.ts';
import type { BucketSource } from './source.ts';

/** The embedded bucket on disk: an object is a file of the same name. */
export function openDirectory(directory: string): BucketSource {
  const root = resolve(directory);
  return {
    location: root,
    read: async (key) => {
      try {
        return { data: await readFile(join(root, ...key.split('/'))) };
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
        throw new VerifyError(`${root} cannot be read: ${message}`, { cause: error });
      }
    },
    list: async () => {
      const entries = await readdir(root, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => relative(root, join(parentPath, name)).split(sep).join('/'))
        .sort();
    },
  };
}
