import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordingInfo } from './describe.ts';
import { STAGING_DIRECTORY } from './paths.ts';
import { sidecarPath } from './sidecar.ts';

export interface RecordingFile {
  /** Absolute, or relative to the working directory as `directory` was. */
  readonly path: string;
  readonly bytes: number;
}

const RECORDING_PATH = /^\d{4}[/\\]\d{2}[/\\]\d{2}[/\\]\d{6}Z(-\d+)?\.flac$/;
const SIDECAR_PATH = /^\d{4}[/\\]\d{2}[/\\]\d{2}[/\\]\d{6}Z(-\d+)?\.jsonl$/;

async function namesBelow(directory: string): Promise<string[]> {
  return await readdir(directory, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}

/** Finished recordings, oldest first. Files of other names are nobody's business. */
export async function listRecordings(directory: string): Promise<RecordingFile[]> {
  const paths = (await namesBelow(directory)).filter((name) => RECORDING_PATH.test(name)).sort();
  return await Promise.all(
    paths.map(async (name) => ({ path: join(directory, name), bytes: (await stat(join(directory, name))).size })),
  );
}

/** The FLAC paths of which a sidecar is there, oldest first; the FLAC files themselves may have left. */
export async function listSidecars(directory: string): Promise<string[]> {
  const names = (await namesBelow(directory)).filter((name) => SIDECAR_PATH.test(name)).sort();
  return names.map((name) => join(directory, name.replace(/\.jsonl$/, '.flac')));
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
    await rm(sidecarPath(path), { force: true });
    deleted.push(path);
    total -= bytes;
  }
  return deleted;
}

/**
 * Deletes the FLAC file of a recording that is in cold storage; its sidecar stays, and says where it is.
 * @returns false, and deletes nothing, unless the file is here, is stored, and is still the one that was stored
 */
export async function removeStoredRecording({ path, isLocal, stored }: RecordingInfo): Promise<boolean> {
  if (!isLocal || stored === undefined) return false;
  const { size, mtimeMs } = await stat(path);
  if (size !== stored.bytes || mtimeMs !== stored.modifiedMs) return false;
  await rm(path);
  return true;
}
