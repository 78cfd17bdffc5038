#!/usr/bin/env node
import { CaptureError } from '@bucket-radio/capture';
import { EncoderError } from '@bucket-radio/encoders';
import { ObjectStoreError } from '@bucket-radio/object-store';
import { PublisherError } from '@bucket-radio/publisher';
import { UploadError } from '@bucket-radio/uploader';
import { CommanderError } from 'commander';
import { CostError } from './cli/cost.ts';
import { NowPlayingError } from './cli/now-playing.ts';
import { createProgram } from './cli/program.ts';
import { ConfigError } from './config/load.ts';
import { ListenError } from './http/listen.ts';
import { StopError } from './station.ts';

/** Errors that are a person's to mend: their message is the whole story. */
const EXPECTED = [
  UploadError,
  CaptureError,
  ConfigError,
  EncoderError,
  ListenError,
  ObjectStoreError,
  PublisherError,
  CostError,
  NowPlayingError,
  StopError,
];

try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode;
  } else if (EXPECTED.some((type) => error instanceof type)) {
    process.stderr.write(`radio: ${(error as Error).message.replaceAll('\n', '\nradio: ')}\n`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
