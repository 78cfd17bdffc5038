import { basename, join } from 'node:path';
import type { FullObjectStore } from '@bucket-radio/object-store';
import { createUploader, type Upload, UploadError, type UploadProgress } from '@bucket-radio/uploader';
import type { StationConfig } from '../config/settings.ts';

export interface UploadFlags {
  readonly to: string;
  readonly contentType?: string;
  readonly create?: true;
  readonly verify?: true;
  readonly resume: boolean;
  readonly chunkMb: number;
  readonly concurrency: number;
}

/** The name for what comes in on standard input: a stream of unknown length, which cannot be resumed. */
const STANDARD_INPUT = '-';

/**
 * Uploads files one after the other. Ctrl-C ends the one under way: with a journal its parts are kept for the next time,
 * without one they are removed first.
 * @throws UploadError, ObjectStoreError
 */
export async function uploadFiles(
  store: FullObjectStore,
  config: StationConfig,
  files: readonly string[],
  flags: UploadFlags,
): Promise<void> {
  for (const file of files) {
    const key = keyFor(file, flags.to, files.length > 1);
    const resumable = flags.resume && file !== STANDARD_INPUT;
    const uploader = createUploader(store, {
      multipartChunkSizeMb: flags.chunkMb,
      multipartConcurrency: flags.concurrency,
      ...(resumable ? { journalDirectory: journalsOf(config) } : {}),
    });
    const upload = uploader.upload(file === STANDARD_INPUT ? process.stdin : file, key, {
      mode: flags.create ? 'create' : 'overwrite',
      verify: flags.verify ? 'read' : 'arrival',
      ...(flags.contentType === undefined ? {} : { contentType: flags.contentType }),
    });
    const release = endOnSignal(upload, resumable);
    showProgress(upload, key);
    try {
      const { size, resumedBytes } = await upload.result;
      const resumed = resumedBytes === 0 ? '' : `, ${formatBytes(resumedBytes)} of it earlier`;
      process.stdout.write(`${key}: ${formatBytes(size)} uploaded${resumed}${flags.verify ? ', read back' : ''}\n`);
    } finally {
      release();
    }
  }
}

/** Where uploads that were interrupted are written down. */
export function journalsOf(config: StationConfig): string {
  return join(config.dataDir, 'uploads');
}

/** @throws UploadError `InvalidOption` when standard input would have to be named after itself */
function keyFor(file: string, to: string, several: boolean): string {
  if (!several && !to.endsWith('/')) return to;
  if (file !== STANDARD_INPUT) return `${to.replace(/\/$/, '')}/${basename(file)}`;
  throw new UploadError('InvalidOption', 'standard input has no name; give the whole key with --to, and no other file');
}

/** Ctrl-C and `kill`. @returns a function that ends it */
function endOnSignal(upload: Upload, resumable: boolean): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const end = (signal: NodeJS.Signals): void => {
    const code = signal === 'SIGINT' ? 130 : 143;
    if (resumable) {
      process.stderr.write(`\nradio: ${upload.key}: interrupted; the same command goes on where it was\n`);
      process.exit(code);
    }
    process.exitCode = code;
    void upload.abort();
  };
  for (const signal of signals) process.once(signal, end);
  return () => {
    for (const signal of signals) process.off(signal, end);
  };
}

/** One line on standard error that is written over; nothing when it is not a terminal. */
export function showProgress(upload: Upload, key: string): void {
  const { stderr } = process;
  if (!stderr.isTTY) return;
  let shownAtMs = 0;
  upload.onProgress((progress) => {
    const nowMs = Date.now();
    if (nowMs - shownAtMs < 100) return;
    shownAtMs = nowMs;
    stderr.write(`\r\u001b[2K${progressLine(key, progress)}`);
  });
  const clear = (): void => {
    stderr.write('\r\u001b[2K');
  };
  upload.result.then(clear, clear);
}

/** `song.flac  [#####-----]  52 %  103.4 MiB of 200.0 MiB, 12.1 MiB/s, 8 s` */
export function progressLine(key: string, { bytes, total, rate, eta }: UploadProgress): string {
  const speed = `${formatBytes(rate)}/s`;
  if (total === undefined) return `${key}  ${formatBytes(bytes)}, ${speed}`;
  const share = total === 0 ? 1 : Math.min(1, bytes / total);
  const bar = '#'.repeat(Math.floor(share * 20)).padEnd(20, '-');
  const left = eta === undefined ? '' : `, ${Math.ceil(eta)} s`;
  return `${key}  [${bar}] ${Math.floor(share * 100)} %  ${formatBytes(bytes)} of ${formatBytes(total)}, ${speed}${left}`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
