import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareKeys, isValidKey } from '../key.ts';
import { hasCode } from './errors.ts';
import { OWN_DIRECTORY } from './layout.ts';

/**
 * Keys of all regular files under `root`, in order, reading only directories that can hold the prefix.
 * Symbolic links, devices and the store's own directory are passed over.
 */
export async function* walkKeys(root: string, prefix: string): AsyncGenerator<string> {
  yield* walk(root, '', prefix);
}

async function* walk(directory: string, base: string, prefix: string): AsyncGenerator<string> {
  for (const name of await sortedNames(directory)) {
    const key = base + name;
    if (name.endsWith('/')) {
      const leadsToPrefix = prefix.startsWith(key) || key.startsWith(prefix);
      if (leadsToPrefix && key !== `${OWN_DIRECTORY}/`) yield* walk(join(directory, name), key, prefix);
    } else if (key.startsWith(prefix) && isValidKey(key)) {
      yield key;
    }
  }
}

/** A directory sorts with its "/", as it does inside a key: `a-b`, `a.txt`, `a/b`. */
async function sortedNames(directory: string): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(directory, { withFileTypes: true });
  } catch (error) {
    // Deleted since it was seen, or the store has never been written to.
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort(compareKeys);
}
