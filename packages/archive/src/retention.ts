import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { STAGING_DIRECTORY } from './paths.ts';

export interface RecordingFile {
  /** Absolute, or relative to the working directory as `directory` was. */
  readonly path: string;
  readonly bytes: number;
}

const RECORDING_PATH = /^\d{4}[/\\]\d{2}[/\\]\d{2}[/\\]\d{6}Z(-\d+)?\.flac$/;

/** Finished recordings, oldest first. Files of other names are nobody's business. */
export async function listRecordings(directory: string): Promise<RecordingFile[]> {
  const names = await readdir(directory, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const paths = names.filter((name) => RECORDING_PATH.test(name)).sort();
  return await Promise.all(
    paths.map(async (name) => ({ path: join(directory, name), bytes: (await stat(join(directory, name))).size })),
  );
}

/** Unfinished recordings that an earlier process left in staging. */
export async function listUnfinished(directory: string): Promise<string[]> {
  const staging = join(directory, STAGING_DIRECTORY);
  const names = await readdir(staging).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith('.flac')).map((name) => join(staging, name));
}

/**
 * Deletes the oldest finished recordings until what is left fits in `maxBytes`. Only for a generated source:
 * recordings of a real one are not replaceable.
 * @param reservedBytes what the recording in progress takes or will take
 * @returns the deleted paths
 */
export async function pruneRecordings(directory: string, maxBytes: number, reservedBytes: number): Promise<string[]> {
  const recordings = await listRecordings(directory);
  let total = recordings.reduce((sum, { bytes }) => sum + bytes, reservedBytes);
  const deleted: string[] = [];
  for (const { path, bytes } of recordings) {
    if (total <= maxBytes) break;
    await rm(path);
    deleted.push(path);
    total -= bytes;
  }
  return deleted;
}
