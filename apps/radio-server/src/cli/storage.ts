import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createFileStore, type FullObjectStore } from '@bucket-radio/object-store';
import { createS3Store } from '@bucket-radio/object-store-s3';
import { createUploader, type Upload, type UploadProgress } from '@bucket-radio/uploader';
import { type Command, InvalidArgumentError } from 'commander';
import { readConfigFile, resolveConfig } from '../config/load.ts';
import type { StationConfig } from '../config/settings.ts';

interface UploadFlags {
  readonly to: string;
  readonly contentType?: string;
  readonly create?: true;
  readonly verify?: true;
  readonly resume: boolean;
  readonly chunkMb: number;
  readonly concurrency: number;
}

/** Adds `radio upload`, `radio copy` and `radio ls`. They work on the whole bucket that the configuration names. */
export function addStorageCommands(program: Command): void {
  program
    .command('upload')
    .description('upload files to the bucket; one that was interrupted goes on where it was')
    .argument('<file...>', 'files to upload')
    .requiredOption('--to <key>', 'key of the object; for several files, or with a "/" at its end, a prefix')
    .option('--content-type <type>', 'by default guessed from the extension')
    .option('--create', 'fail when the object exists already')
    .option('--verify', 'read the object back and compare it')
    .option('--no-resume', 'keep no journal, and do not go on with an earlier upload')
    .option('--chunk-mb <MiB>', 'size of a part', atLeastOne, 5)
    .option('--concurrency <parts>', 'parts on their way at a time', atLeastOne, 4)
    .action(async (files: string[], flags: UploadFlags) => {
      await withBucket(async (store, config) => {
        for (const file of files) await uploadFile(store, config, file, flags, files.length > 1);
      });
    });
  program
    .command('copy')
    .description('copy an object inside the bucket; no byte passes through this machine')
    .argument('<from>', 'key of the object')
    .argument('<to>', 'key of the copy')
    .option('--create', 'fail when the copy exists already')
    .action(async (from: string, to: string, { create }: { readonly create?: true }) => {
      await withBucket(async (store) => {
        const { size } = await createUploader(store).copyObject(from, to, create ? { mode: 'create' } : {});
        process.stdout.write(`${to}: ${formatBytes(size)} copied\n`);
      });
    });
  program
    .command('ls')
    .description('list objects of the bucket')
    .argument('[prefix]', 'only keys that start with this', '')
    .option('-r, --recursive', 'everything below, not one level')
    .action(async (prefix: string, { recursive }: { readonly recursive?: true }) => {
      await withBucket((store) => (recursive ? listAll(store, prefix) : listLevel(store, prefix)));
    });
}

async function uploadFile(
  store: FullObjectStore,
  config: StationConfig,
  file: string,
  flags: UploadFlags,
  several: boolean,
): Promise<void> {
  const key = several || flags.to.endsWith('/') ? `${flags.to.replace(/\/$/, '')}/${basename(file)}` : flags.to;
  const uploader = createUploader(store, {
    multipartChunkSizeMb: flags.chunkMb,
    multipartConcurrency: flags.concurrency,
    ...(flags.resume ? { journalDirectory: join(config.dataDir, 'uploads') } : {}),
  });
  const upload = uploader.upload(file, key, {
    mode: flags.create ? 'create' : 'overwrite',
    verify: flags.verify ? 'read' : 'arrival',
    ...(flags.contentType === undefined ? {} : { contentType: flags.contentType }),
  });
  showProgress(upload, key);
  const { size, resumedBytes } = await upload.result;
  const resumed = resumedBytes === 0 ? '' : `, ${formatBytes(resumedBytes)} of it earlier`;
  process.stdout.write(`${key}: ${formatBytes(size)} uploaded${resumed}${flags.verify ? ', read back' : ''}\n`);
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

async function listAll(store: FullObjectStore, prefix: string): Promise<void> {
  for await (const { key, size, lastModified } of store.list({ prefix })) writeEntry(key, size, lastModified);
}

async function listLevel(store: FullObjectStore, prefix: string): Promise<void> {
  const { objects, prefixes } = await store.listWithDelimiter({ prefix });
  for (const each of prefixes) process.stdout.write(`${' '.repeat(37)}${each}\n`);
  for (const { key, size, lastModified } of objects) writeEntry(key, size, lastModified);
}

function writeEntry(key: string, size: number, lastModified: Date): void {
  // A key may hold what a terminal would obey.
  const shown = /\p{Cc}/u.test(key) ? JSON.stringify(key) : key;
  process.stdout.write(`${lastModified.toISOString().slice(0, 19)}Z ${String(size).padStart(15)}  ${shown}\n`);
}

/** The bucket of the configuration: an S3 service's, or the directory of the embedded one. */
async function withBucket(work: (store: FullObjectStore, config: StationConfig) => Promise<void>): Promise<void> {
  const file = readConfigFile();
  const config = resolveConfig({ env: process.env, ...(file === undefined ? {} : { file }) });
  const { r2Endpoint, r2Bucket, r2AccessKey, r2SecretKey } = config;
  if (r2Endpoint === undefined || r2Bucket === undefined || r2AccessKey === undefined || r2SecretKey === undefined) {
    const directory = join(config.dataDir, 'bucket');
    await stat(directory).catch(() => process.stderr.write(`radio: no bucket is configured; using ${directory}\n`));
    await work(createFileStore({ directory }), config);
    return;
  }
  const store = createS3Store({
    endpoint: r2Endpoint,
    bucket: r2Bucket,
    accessKeyId: r2AccessKey,
    secretAccessKey: r2SecretKey,
    onEvent: ({ level, message }) => process.stderr.write(`radio: ${level}: ${message}\n`),
  });
  try {
    await work(store, config);
  } finally {
    store.close();
  }
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

function atLeastOne(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('use a whole number from 1');
}
