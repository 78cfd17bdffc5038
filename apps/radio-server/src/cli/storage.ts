import type { FullObjectStore } from '@bucket-radio/object-store';
import { createUploader } from '@bucket-radio/uploader';
import { type Command, InvalidArgumentError } from 'commander';
import { withBucket } from './storage-bucket.ts';
import { formatBytes, journalsOf, type UploadFlags, uploadFiles } from './storage-upload.ts';

/** Adds `radio upload`, `radio copy`, `radio ls` and `radio sweep`. They work on the whole bucket that the configuration names. */
export function addStorageCommands(program: Command): void {
  program
    .command('upload')
    .description('upload files to the bucket; one that was interrupted goes on where it was')
    .argument('<file...>', 'files to upload; "-" is standard input')
    .requiredOption('--to <key>', 'key of the object; for several files, or with a "/" at its end, a prefix')
    .option('--content-type <type>', 'by default guessed from the extension')
    .option('--create', 'fail when the object exists already')
    .option('--verify', 'read the object back and compare it')
    .option('--no-resume', 'keep no journal, and do not go on with an earlier upload')
    .option('--chunk-mb <MiB>', 'size of a part', atLeastOne, 5)
    .option('--concurrency <parts>', 'parts on their way at a time', atLeastOne, 4)
    .action(async (files: string[], flags: UploadFlags) => {
      await withBucket((store, config) => uploadFiles(store, config, files, flags));
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
  program
    .command('sweep')
    .description(
      'free what uploads that nobody will finish hold in the bucket: those of this machine, and below a prefix',
    )
    .option('--prefix <prefix>', 'also uploads of others below this prefix')
    .option('--older-than <hours>', 'younger ones may still be under way', notNegative, 168)
    .action(async ({ prefix, olderThan }: { readonly prefix?: string; readonly olderThan: number }) => {
      await withBucket(async (store, config) => {
        const uploader = createUploader(store, { journalDirectory: journalsOf(config) });
        const older = { olderThanMs: olderThan * 3_600_000 };
        const { aborted, deleted } = await uploader.sweep(prefix === undefined ? older : { ...older, prefix });
        for (const { key } of aborted) process.stdout.write(`${shown(key)}: unfinished upload removed\n`);
        for (const key of deleted) process.stdout.write(`${shown(key)}: piece of a stream removed\n`);
        process.stdout.write(`${aborted.length + deleted.length} removed\n`);
      });
    });
}

async function listAll(store: FullObjectStore, prefix: string): Promise<void> {
  for await (const { key, size, lastModified } of store.list({ prefix })) writeEntry(key, size, lastModified);
}

async function listLevel(store: FullObjectStore, prefix: string): Promise<void> {
  const { objects, prefixes } = await store.listWithDelimiter({ prefix });
  for (const each of prefixes) process.stdout.write(`${' '.repeat(37)}${shown(each)}\n`);
  for (const { key, size, lastModified } of objects) writeEntry(key, size, lastModified);
}

function writeEntry(key: string, size: number, lastModified: Date): void {
  process.stdout.write(`${lastModified.toISOString().slice(0, 19)}Z ${String(size).padStart(15)}  ${shown(key)}\n`);
}

/** A key may hold what a terminal would obey. */
function shown(key: string): string {
  return /\p{Cc}/u.test(key) ? JSON.stringify(key) : key;
}

function atLeastOne(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('use a whole number from 1');
}

function notNegative(value: string): number {
  const number = Number(value);
  if (value !== '' && Number.isFinite(number) && number >= 0) return number;
  throw new InvalidArgumentError('use a number of hours from 0');
}
