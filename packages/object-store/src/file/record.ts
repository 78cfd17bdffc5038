import type { BigIntStats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { copyAttributes } from '../attributes.ts';
import type { ObjectAttributes } from '../types.ts';
import { hasCode } from './errors.ts';
import { recordPath, stampOf } from './layout.ts';

/** What the store knows about one version of an object besides its bytes. */
export interface ObjectRecord {
  readonly key: string;
  readonly etag: string;
  readonly attributes: ObjectAttributes;
}

export function formatRecord(record: ObjectRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/**
 * The record of the file with these stats, or `undefined` when there is none: then either the file was put there by
 * something else, or it has just been replaced or deleted.
 */
export async function readRecord(root: string, key: string, stats: BigIntStats): Promise<ObjectRecord | undefined> {
  try {
    const text = await readFile(recordPath(root, key, stampOf(stats)), 'utf8');
    const parsed = JSON.parse(text) as Partial<ObjectRecord> | null;
    if (typeof parsed?.etag !== 'string') return undefined;
    return { key, etag: parsed.etag, attributes: copyAttributes(parsed.attributes) };
  } catch (error) {
    // Damaged is as good as absent: the bytes are still there.
    if (hasCode(error, 'ENOENT', 'ENOTDIR') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** For a file that the store did not write: an ETag that changes when the file is edited or replaced. */
export function foreignRecord(key: string, stats: BigIntStats): ObjectRecord {
  const etag = `"${stats.ino.toString(16)}-${stats.mtimeNs.toString(16)}-${stats.size.toString(16)}"`;
  return { key, etag, attributes: {} };
}
