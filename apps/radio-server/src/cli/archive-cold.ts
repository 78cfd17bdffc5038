import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { describeRecordings, type RecordingInfo } from '@bucket-radio/archive';
import type { S3Store } from '@bucket-radio/object-store-s3';
import { createUploader } from '@bucket-radio/uploader';
import type { Command } from 'commander';
import { ConfigError } from '../config/load.ts';
import type { StationConfig } from '../config/settings.ts';
import { openColdStore, refusePublicBucket } from '../recordings/cold-store.ts';
import { recordingMd5 } from '../recordings/pcm-md5.ts';
import { RecordingError, storeRecording } from '../recordings/store-recording.ts';
import { type ArchiveFlags, archiveConfig, printLine, recordingsDirectory } from './archive-common.ts';
import { parseDuration } from './duration.ts';
import { formatBytes, showProgress } from './storage-upload.ts';

/** The longest that a presigned URL may be good for. */
const MAX_SHARE_SECONDS = 604_800;

/** Adds `radio archive upload` and `share`. */
export function addColdStorageCommands(command: (name: string, description: string) => Command): void {
  command('upload [file...]', 'store recordings in the archive bucket: all that are not there yet, or these')
    .addHelpText('after', '\nExit code 1 when one is damaged and so was not stored. What is interrupted goes on.')
    .action(upload);
  command('share <recording>', 'print a URL with which anyone can fetch a stored recording: its file, key or start')
    .option('--expires <time>', 'how long it works: from 1s to 7d', '1d')
    .action(share);
}

async function upload(files: readonly string[], flags: ArchiveFlags): Promise<void> {
  const config = archiveConfig(flags);
  const directory = await recordingsDirectory(flags);
  await withColdStore(config, async (store) => {
    await refusePublicBucket(store, config);
    const uploader = createUploader(store, { journalDirectory: join(config.dataDir, 'archive-uploads') });
    const local = (await describeRecordings(directory)).filter(({ isLocal }) => isLocal);
    const wanted = files.length === 0 ? local.filter(({ stored }) => stored === undefined) : await named(local, files);
    for (const recording of wanted) {
      try {
        const { key, how, bytes, resumedBytes } = await storeRecording(recording, {
          store,
          uploader,
          pcmMd5: recordingMd5,
          onUpload: (each) => showProgress(each, each.key),
        });
        const resumed = resumedBytes === 0 ? '' : `, ${formatBytes(resumedBytes)} of it earlier`;
        printLine(`${key}: ${formatBytes(bytes)} ${how}${resumed}, read back`);
      } catch (error) {
        if (!(error instanceof RecordingError)) throw error;
        process.stderr.write(`radio: ${error.message}\n`);
        process.exitCode = 1;
      }
    }
    if (wanted.length === 0) printLine('every recording is stored already');
  });
}

async function named(recordings: readonly RecordingInfo[], files: readonly string[]): Promise<RecordingInfo[]> {
  const paths = await Promise.all(recordings.map(async ({ path }) => await realpath(path)));
  return await Promise.all(
    files.map(async (file) => {
      const path = await realpath(file).catch(() => undefined);
      const recording = path === undefined ? undefined : recordings[paths.indexOf(path)];
      if (recording !== undefined) return recording;
      throw new ConfigError([`${file} is not one of the recordings: see radio archive list`]);
    }),
  );
}

async function share(which: string, flags: ArchiveFlags & { readonly expires: string }): Promise<void> {
  const expiresInSeconds = parseDuration('--expires', flags.expires, { max: MAX_SHARE_SECONDS });
  const config = archiveConfig(flags);
  const recordings = await describeRecordings(await recordingsDirectory(flags));
  const key = keyOf(recordings, which);
  await withColdStore(config, async (store) => {
    await store.head(key);
    const url = await store.signer?.signUrl('GET', key, { expiresInSeconds });
    printLine(url ?? '');
  });
}

/** @throws ConfigError unless it is one recording, and stored */
function keyOf(recordings: readonly RecordingInfo[], which: string): string {
  const startMs = Date.parse(which);
  const found = recordings.find(
    ({ path, stored, startMs: start }) =>
      [path, stored?.key].includes(which) ||
      path.endsWith(`/${which.replace(/^\.\//, '')}`) ||
      Math.round(start) === startMs,
  );
  if (found === undefined) throw new ConfigError([`${which} is not one of the recordings: see radio archive list`]);
  if (found.stored === undefined) {
    throw new ConfigError([`${found.path} is not stored yet: run radio archive upload first`]);
  }
  return found.stored.key;
}

async function withColdStore(config: StationConfig, work: (store: S3Store) => Promise<void>): Promise<void> {
  const store = openColdStore(config);
  if (store === undefined) {
    throw new ConfigError([
      'there is no archive bucket: set RADIO_ARCHIVE_BUCKET, RADIO_ARCHIVE_ACCESS_KEY and RADIO_ARCHIVE_SECRET_KEY',
    ]);
  }
  try {
    await work(store);
  } finally {
    store.close();
  }
}
