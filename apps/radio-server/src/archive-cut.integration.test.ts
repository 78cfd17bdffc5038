import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArchive, describeRecordings, findGaps } from '@bucket-radio/archive';
import { createFlacEncoder } from '@bucket-radio/encoders';
import { BLOCK_FRAMES, BYTES_PER_FRAME, framesToMs } from '@bucket-radio/pcm';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutRecordings, parseInstant } from './archive-cut.ts';
import { decodeWithFlac, noiseS24le, run } from './testing/decode.ts';
import { StationRunner } from './testing/station-process.ts';

const START_MS = Date.UTC(2026, 10, 20, 19, 59, 58);
const BLOCKS = 100;
const usable = serviceOrSkip('ffmpeg').available && serviceOrSkip('flac').available;

describe.skipIf(!usable)('recordings across the hour', () => {
  const runner = new StationRunner();
  const pcm = noiseS24le(BLOCKS * BLOCK_FRAMES, 11);
  let directory: string;

  /** Four seconds of sound, two before the hour and two after: two files. */
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cut-'));
    const archive = createArchive({ directory });
    let flac = await createFlacEncoder();
    for (let n = 0; n < BLOCKS; n++) {
      const position = n * BLOCK_FRAMES;
      const utcMs = START_MS + framesToMs(position);
      const data = pcm.subarray(position * BYTES_PER_FRAME, (position + BLOCK_FRAMES) * BYTES_PER_FRAME);
      if (n > 0 && archive.shouldRotate(utcMs)) {
        const end = flac.finish();
        archive.write(end.frames);
        archive.end(end.streamInfo);
        flac = await createFlacEncoder();
        archive.begin({ header: flac.header, utcMs, firstFrame: position, station: 'Cut' });
      }
      if (n === 0) archive.begin({ header: flac.header, utcMs, firstFrame: position, station: 'Cut' });
      archive.write(flac.encode({ position, frames: BLOCK_FRAMES, data, utcMs, segment: 0 }));
    }
    const end = flac.finish();
    archive.write(end.frames);
    archive.end(end.streamInfo);
    await archive.flush();
  });
  afterAll(async () => {
    await rm(directory, { recursive: true });
    await runner.cleanUp();
  });

  it('are described with start, length and MD5, and without a gap', async () => {
    const recordings = await describeRecordings(directory);
    expect(recordings.map(({ startMs, frames, firstFrame }) => [startMs, frames, firstFrame])).toEqual([
      [START_MS, 96_000, 0],
      [START_MS + 2000, 96_000, 96_000],
    ]);
    expect(findGaps(recordings)).toEqual([]);
    expect(recordings.every(({ pcmMd5 }) => pcmMd5 !== undefined)).toBe(true);
  });

  it.each([
    [500, 3750],
    [1999, 2001],
    [0, 4000],
    [2000, 2500],
  ])('a cut from %d ms to %d ms holds exactly those frames', async (from, to) => {
    const path = join(directory, `cut-${from}-${to}.flac`);
    const range = { fromMs: START_MS + from, toMs: START_MS + to };
    const { frames } = await cutRecordings(await describeRecordings(directory), range, path);
    expect(frames).toBe((to - from) * 48);
    await run('flac', ['--test', '--silent', '--warnings-as-errors', path]);
    const expected = pcm.subarray(from * 48 * BYTES_PER_FRAME, to * 48 * BYTES_PER_FRAME);
    expect((await decodeWithFlac(path)).equals(expected)).toBe(true);
  });

  it('a cut outside what was recorded is refused, and nothing is written', async () => {
    const path = join(directory, 'outside.flac');
    const range = { fromMs: START_MS - 1000, toMs: START_MS + 1000 };
    await expect(cutRecordings(await describeRecordings(directory), range, path)).rejects.toThrow(
      'recorded is 2026-11-20T19:59:58.000Z to 2026-11-20T20:00:02.000Z: cut within that',
    );
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  it('a file that exists is never overwritten', async () => {
    const path = join(directory, 'precious.flac');
    await writeFile(path, 'precious');
    const range = { fromMs: START_MS, toMs: START_MS + 1000 };
    await expect(cutRecordings(await describeRecordings(directory), range, path)).rejects.toThrow(
      'exists: give another name',
    );
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  it('times need their offset to UTC', () => {
    expect(parseInstant('--from', '2026-11-20T20:00:00+01:00')).toBe(Date.UTC(2026, 10, 20, 19));
    expect(() => parseInstant('--from', '2026-11-20 20:00')).toThrow('--from is "2026-11-20 20:00": use a UTC time');
  });

  it('are listed and verified by the command, which finds damage', async () => {
    const command = async (name: string) =>
      await (await runner.run(['archive', name, '--recordings-dir', directory])).ended;
    expect((await command('list')).stdout).toMatch(
      /2026-11-20T19:59:58\.000Z {6}2\.000 s .*\n.*\n2 recordings, 4\.0 s, 0 gaps; [\d.]+ GB of disk are free\n$/,
    );
    expect(await command('verify')).toMatchObject({ code: 0, stdout: expect.stringContaining('2 ok, 0 damaged') });
    const [, second] = await describeRecordings(directory);
    const bytes = await readFile(second!.path);
    bytes[bytes.length - 20_000]! ^= 1;
    await writeFile(second!.path, bytes);
    const after = await command('verify');
    expect(after).toMatchObject({ code: 1, stdout: expect.stringContaining('1 ok, 1 damaged') });
  });
});
