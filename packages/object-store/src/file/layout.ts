import { hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { join, sep } from 'node:path';
import { ObjectStoreError } from '../error.ts';
import { quoteKey, validateKey } from '../key.ts';

/**
 * A directory as a bucket:
 * ```
 * DIR/live/manifest.json                     an object: its bytes and nothing else
 * DIR/.object-store/records/3f/HASH-STAMP    its attributes and ETag (record.ts)
 * DIR/.object-store/staging/UUID             a put that has not been committed
 * DIR/.object-store/multipart/UUID/          an upload in parts (multipart.ts)
 * ```
 */
export const OWN_DIRECTORY = '.object-store';

/** Checks a key, and that it cannot name anything but an object under the root. */
export function validateFileKey(key: string): void {
  validateKey(key);
  const first = key.split('/', 1)[0] ?? '';
  if (first.toLowerCase() === OWN_DIRECTORY) {
    throw new ObjectStoreError(
      'InvalidPath',
      `key ${quoteKey(key)} starts with "${OWN_DIRECTORY}", where the file store keeps its own files; use another name`,
      { key },
    );
  }
  if (sep === '\\' && /[\\:]/.test(key)) {
    throw new ObjectStoreError(
      'InvalidPath',
      `key ${quoteKey(key)} has a character that separates paths on Windows; remove "\\" and ":"`,
      { key },
    );
  }
}

export function objectPath(root: string, key: string): string {
  return join(root, ...key.split('/'));
}

export function stagingDirectory(root: string): string {
  return join(root, OWN_DIRECTORY, 'staging');
}

export function multipartDirectory(root: string): string {
  return join(root, OWN_DIRECTORY, 'multipart');
}

/**
 * What ties a record to the file it describes. It survives a copy that keeps times (`cp -a`, `rsync -a`), and a put
 * makes sure that it differs from the stamp of the object being replaced.
 */
export function stampOf(stats: BigIntStats): string {
  return `${stats.mtimeNs}-${stats.size}`;
}

export function recordPath(root: string, key: string, stamp: string): string {
  const name = hash('sha256', key, 'hex').slice(0, 40);
  return join(root, OWN_DIRECTORY, 'records', name.slice(0, 2), `${name}-${stamp}`);
}
