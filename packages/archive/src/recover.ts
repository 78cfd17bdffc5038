import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { BLOCK_FRAMES, framesToMs } from '@bucket-radio/pcm';
import { type FlacScan, scanFlacFrames } from './flac-scan.ts';
import { firstFrameOffset, STREAMINFO_BYTES, STREAMINFO_OFFSET, withTotals } from './metadata.ts';
import { moveToFinalName } from './move.ts';
import { parseStagingName } from './paths.ts';
import { rebuildSidecar } from './rebuild-sidecar.ts';
import { sidecarPath } from './sidecar.ts';

export interface RecoverOptions {
  readonly directory: string;
  /**
   * MD5 of the PCM of a FLAC file; rejects when the file does not decode. Without it repaired files carry no MD5, which
   * players accept and some editors do not.
   */
  readonly pcmMd5?: (path: string) => Promise<Uint8Array>;
}

/** What became of a recording that an earlier process did not finish. */
export type RecoveredRecording =
  | {
      readonly outcome: 'repaired';
      /** Final path. */
      readonly path: string;
      readonly durationMs: number;
      /** Estimated sound in what was cut off: a torn frame, or what a power cut kept from the disk. */
      readonly lostMs: number;
      /** Whether STREAMINFO carries the MD5 of the PCM. */
      readonly hasMd5: boolean;
    }
  | { readonly outcome: 'empty'; readonly path: string }
  | { readonly outcome: 'in-use'; readonly path: string; readonly pid: number }
  | { readonly outcome: 'unreadable'; readonly path: string; readonly reason: string };

const METADATA_READ_BYTES = 64 * 1024;
const NO_MD5 = new Uint8Array(16);

/**
 * Finishes every recording that was left in staging: cuts it behind its last whole frame, writes totals and MD5 into
 * STREAMINFO, rebuilds its sidecar, and gives it its final name. A file whose process still runs is left alone. Nothing
 * is ever deleted but files without a single frame.
 * @param unfinished what {@link listUnfinished} gave before this process began a recording of its own
 */
export async function recoverRecordings(
  unfinished: readonly string[],
  options: RecoverOptions,
): Promise<RecoveredRecording[]> {
  const results: RecoveredRecording[] = [];
  for (const path of unfinished) {
    try {
      results.push(await recover(path, options));
    } catch (error) {
      results.push({ outcome: 'unreadable', path, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return results;
}

async function recover(path: string, { directory, pcmMd5 }: RecoverOptions): Promise<RecoveredRecording> {
  const parsed = parseStagingName(basename(path));
  if (parsed === undefined) return { outcome: 'unreadable', path, reason: 'its name is not one of ours' };
  if (await isBeingWritten(path, parsed.pid)) return { outcome: 'in-use', path, pid: parsed.pid };
  const file = await open(path, 'r+');
  let scan: FlacScan;
  let sizeBefore: number;
  let hasMd5 = false;
  try {
    const firstFrame = await findFirstFrame(file);
    if (firstFrame === undefined) return { outcome: 'unreadable', path, reason: 'it has no FLAC header' };
    sizeBefore = (await file.stat()).size;
    scan = await scanFlacFrames(file, firstFrame);
    if (scan.flacFrames > 0) hasMd5 = await finish(file, path, scan, pcmMd5);
  } finally {
    await file.close();
  }
  if (scan.flacFrames === 0) {
    await rm(sidecarPath(path), { force: true });
    await rm(path);
    return { outcome: 'empty', path };
  }
  const lost = lostMs(scan, sizeBefore - scan.validBytes);
  // The sound is safe already: no room for its notes is no reason to leave it in staging.
  await rebuildSidecar(path, { lostMs: lost }).catch(() => undefined);
  return {
    outcome: 'repaired',
    path: await moveToFinalName(directory, parsed.name, path),
    durationMs: framesToMs(scan.samples),
    lostMs: lost,
    hasMd5,
  };
}

async function findFirstFrame(file: FileHandle): Promise<number | undefined> {
  const buffer = new Uint8Array(METADATA_READ_BYTES);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  return firstFrameOffset(buffer.subarray(0, bytesRead));
}

/** @returns whether the file now carries the MD5 of its PCM */
async function finish(
  file: FileHandle,
  path: string,
  scan: FlacScan,
  pcmMd5: RecoverOptions['pcmMd5'],
): Promise<boolean> {
  await file.truncate(scan.validBytes);
  const streamInfo = new Uint8Array(STREAMINFO_BYTES);
  await file.read(streamInfo, 0, STREAMINFO_BYTES, STREAMINFO_OFFSET);
  const write = async (md5: Uint8Array): Promise<void> => {
    await file.write(withTotals(streamInfo, { ...scan, pcmMd5: md5 }), 0, STREAMINFO_BYTES, STREAMINFO_OFFSET);
    await file.sync();
  };
  await write(NO_MD5);
  // A recording that does not decode is kept all the same, without MD5: somebody may still save more of it.
  const md5 = await pcmMd5?.(path).catch(() => undefined);
  if (md5 !== undefined) await write(md5);
  return md5 !== undefined;
}

function lostMs(scan: FlacScan, cutBytes: number): number {
  const averageFrameBytes = (scan.minFrameBytes + scan.maxFrameBytes) / 2;
  return Math.ceil(cutBytes / averageFrameBytes) * framesToMs(BLOCK_FRAMES);
}

/**
 * Whether the process that began the file still runs. A process that started after the file was last written is
 * another one that got the same number, as is this one.
 */
async function isBeingWritten(path: string, pid: number): Promise<boolean> {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const startedMs = await processStartMs(pid);
  return startedMs === undefined || startedMs <= (await stat(path)).mtimeMs;
}

/** Clock ticks per second of `/proc/PID/stat`, the same on every Linux this runs on. */
const TICKS_PER_SECOND = 100;

/** UTC at which a process started. @returns undefined where the system does not tell: not Linux */
async function processStartMs(pid: number): Promise<number | undefined> {
  try {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
    const [, bootSeconds] = /^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8')) ?? [];
    // starttime is field 22 of proc(5); the first two went with the name.
    const milliseconds = (Number(bootSeconds) + Number(fields[19]) / TICKS_PER_SECOND) * 1000;
    return Number.isFinite(milliseconds) ? milliseconds : undefined;
  } catch {
    return undefined;
  }
}
