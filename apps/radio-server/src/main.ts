#!/usr/bin/env node
import { keepHeapSmall } from './cli/small-heap.ts';

/** Commands that only move bytes load nothing of the station, and fit beside one on a small box. */
const STORAGE_COMMANDS: readonly string[] = ['upload', 'copy', 'ls', 'sweep'];

/** Errors that are a person's to mend: their message is the whole story. By name, so that none is loaded for this. */
const EXPECTED: readonly string[] = [
  'UploadError',
  'CaptureError',
  'ConfigError',
  'EncoderError',
  'ListenError',
  'ObjectStoreError',
  'PublisherError',
  'CostError',
  'NowPlayingError',
  'StopError',
];

const onlyStorage = STORAGE_COMMANDS.includes(process.argv[2] ?? '');
if (onlyStorage) keepHeapSmall();
const { createProgram } = onlyStorage ? await import('./cli/storage-program.ts') : await import('./cli/program.ts');
const { CommanderError } = await import('commander');

try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else if (error instanceof Error && EXPECTED.includes(error.name)) {
    process.stderr.write(`radio: ${error.message.replaceAll('\n', '\nradio: ')}\n`);
    process.exitCode ??= 1;
  } else {
    throw error;
  }
}
