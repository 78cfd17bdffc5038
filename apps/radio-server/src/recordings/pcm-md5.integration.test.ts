import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeRecording } from '../testing/recording-file.ts';
import { recordingMd5, recordingMd5InBackground } from './pcm-md5.ts';

let directory: string;
let path: string;
let captured: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pcm-md5-'));
  path = await makeRecording({ directory, startMs: Date.UTC(2026, 10, 20, 20), blocks: 100, seed: 1 });
  // STREAMINFO has the MD5 of what went into the encoder.
  captured = (await readFile(path)).subarray(26, 42).toString('hex');
});
afterAll(async () => await rm(directory, { recursive: true, force: true }));

/** The recording with one byte of its sound changed. */
async function damaged(): Promise<string> {
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  const copy = join(directory, 'damaged.flac');
  await writeFile(copy, bytes);
  return copy;
}

const hex = (md5: Uint8Array): string => Buffer.from(md5).toString('hex');

describe.each([
  ['ffmpeg', serviceOrSkip('ffmpeg').available],
  ['our own libFLAC, where there is no ffmpeg', true],
])('the MD5 of a recording, by %s', (decoder, usable) => {
  const searchPath = process.env['PATH'];
  beforeEach(() => {
    if (decoder !== 'ffmpeg') process.env['PATH'] = directory;
  });
  afterEach(() => {
    process.env['PATH'] = searchPath;
  });

  it.skipIf(!usable)('is that of what was captured', async () => {
    expect(hex(await recordingMd5(path))).toBe(captured);
    expect(hex(await recordingMd5InBackground(path))).toBe(captured);
  });

  it.skipIf(!usable)('is never that of a recording with a changed byte', async () => {
    const file = await damaged();
    const outcome = await recordingMd5(file).then(hex, () => 'refused');
    expect(outcome).not.toBe(captured);
  });

  it.skipIf(!usable)('is not given for what is no recording', async () => {
    const file = join(directory, 'noise.flac');
    await writeFile(file, 'this is no FLAC at all');
    await expect(recordingMd5(file)).rejects.toThrow();
  });

  it.skipIf(!usable)('is not waited for when the caller ends it', async () => {
    const controller = new AbortController();
    const md5 = recordingMd5(path, controller.signal);
    controller.abort();
    await expect(md5).rejects.toThrow();
  });
});
