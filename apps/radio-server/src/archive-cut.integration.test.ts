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

  it('are listed and verified by the command, which finds damage', { timeout: 180_000 }, async () => {
    const command = async (name: string) =>
      await (await runner.run(['archive', name, '--recordings-dir', directory])).ended;
    expect((await command('list')).stdout).toMatch(
      /2026-11-20T19:59:58\.000Z {6}2\.000 s .*\n.*\n2 recordings, 4\.0 s, 0 gaps; [\d.]+ GB of disk are free, room for \d+ h\n$/,
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

describe.skipIf(!usable)('recordings of a sound card whose clock is off', () => {
  const pcm = noiseS24le(4 * 48_000, 13);
  /** The second file begins 10 ms before the first ends, by their labels; not a frame is missing or there twice. */
  const JOIN_MS = START_MS + 1990;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'clock-'));
    const archive = createArchive({ directory });
    for (const [utcMs, firstFrame] of [
      [START_MS, 0],
      [JOIN_MS, 96_000],
    ] as const) {
      const flac = await createFlacEncoder();
      archive.begin({ header: flac.header, utcMs, firstFrame, station: 'Clock' });
      for (let position = firstFrame; position < firstFrame + 96_000; position += BLOCK_FRAMES) {
        const data = pcm.subarray(position * BYTES_PER_FRAME, (position + BLOCK_FRAMES) * BYTES_PER_FRAME);
        archive.write(flac.encode({ position, frames: BLOCK_FRAMES, data, utcMs: 0, segment: 0 }));
      }
      const end = flac.finish();
      archive.write(end.frames);
      if (firstFrame === 0) {
        archive.note({ type: 'cue', frame: 24_000, title: 'Opener', performer: 'A "Band"' });
        archive.note({ type: 'cue', frame: 120_000, title: 'Second' });
      }
      archive.end(end.streamInfo);
    }
    await archive.flush();
  });
  afterAll(async () => await rm(directory, { recursive: true }));

  async function cut(name: string, fromMs: number, toMs: number) {
    const path = join(directory, `${name}.flac`);
    const result = await cutRecordings(await describeRecordings(directory), { fromMs, toMs }, path);
    return { ...result, sound: await decodeWithFlac(path), cue: path.replace('.flac', '.cue') };
  }

  it('are cut without a frame twice where their labels overlap', async () => {
    const inside = await cut('inside', JOIN_MS + 2, JOIN_MS + 8);
    expect(inside.sound.equals(pcm.subarray(96_096 * 6, 96_384 * 6))).toBe(true);
    const across = await cut('across', START_MS + 1000, JOIN_MS + 1000);
    expect(across.sound.equals(pcm.subarray(48_000 * 6, 144_000 * 6))).toBe(true);
    expect(findGaps(await describeRecordings(directory))).toEqual([]);
  });

  it('give a CUE sheet of what begins in the cut, and of what goes on in it', async () => {
    const { cue, tracks } = await cut('cues', START_MS + 1000, JOIN_MS + 1000);
    expect(tracks).toBe(2);
    expect((await readFile(cue, 'utf8')).split('\r\n')).toEqual([
      'TITLE "Cut 2026-11-20T19:59:59.000Z"',
      'FILE "cues.flac" WAVE',
      '  TRACK 01 AUDIO',
      '    TITLE "Opener"',
      `    PERFORMER "A 'Band'"`,
      '    INDEX 01 00:00:00',
      '  TRACK 02 AUDIO',
      '    TITLE "Second"',
      '    INDEX 01 00:01:37',
      '',
    ]);
    const later = await cut('later', JOIN_MS + 1000, JOIN_MS + 1500);
    expect(later.tracks).toBe(1);
    const early = await cut('early', START_MS, START_MS + 400);
    expect(early.tracks).toBe(0);
    await expect(stat(early.cue)).rejects.toThrow('ENOENT');
  });

  it('leave no half of a cut behind when its CUE sheet or its sound cannot be written', async () => {
    await writeFile(join(directory, 'taken.cue'), 'mine');
    await expect(cut('taken', START_MS + 600, JOIN_MS)).rejects.toThrow('taken.cue exists: give another name');
    await expect(stat(join(directory, 'taken.flac'))).rejects.toThrow('ENOENT');
    await writeFile(join(directory, 'sound.flac'), 'mine');
    await expect(cut('sound', START_MS + 600, JOIN_MS)).rejects.toThrow('sound.flac exists: give another name');
    await expect(stat(join(directory, 'sound.cue'))).rejects.toThrow('ENOENT');
    expect(await readFile(join(directory, 'sound.flac'), 'utf8')).toBe('mine');
  });
});
