import { spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArchive, describeRecordings, findGaps } from '@bucket-radio/archive';
import { BLOCK_FRAMES, BYTES_PER_FRAME, framesToMs, packS24le, SAMPLE_RATE } from '@bucket-radio/pcm';
import { music, serviceOrSkip } from '@bucket-radio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runArchivePipeline } from './testing/archive-pipeline.ts';
import { decodeWithFlac, noiseS24le, run } from './testing/decode.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? '1');
const SCALE = Number(process.env['PROVE_SCALE'] ?? '1');
const HOURS = 6;
const HOUR_MS = 3_600_000;
/** Sound for each simulated hour: all of it from scale 1200 on. */
const HOUR_SECONDS = Math.min(3600, Math.max(1, Math.round(3 * SCALE)));
/** A sound card that is 120 ppm slow. */
const CLOCK = 1 + 120e-6;
/** Half past seven, and not on the grid of blocks: six hours of it are cut by six full hours. */
const START_MS = Date.UTC(2026, 10, 20, 19, 30) + 13.37;

const usable = serviceOrSkip('flac').available && serviceOrSkip('ffmpeg').available;

describe.skipIf(!usable)('an archive across the hours', { timeout: 60_000 * Math.max(1, SCALE) }, () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'exact-'));
  });
  afterEach(async () => await rm(directory, { recursive: true }));

  /**
   * Music, each chunk of it another: what is lost, doubled or swapped shows. Chunks of odd lengths, as sources give; where
   * hours are shortened a chunk is a block, because labels inside a chunk follow its first at the usual pace.
   */
  function* sound(hash: Hash): Generator<Uint8Array> {
    const pattern = packS24le(music(10 * SAMPLE_RATE, SEED));
    const isWhole = HOUR_SECONDS === 3600;
    const total = HOURS * HOUR_SECONDS * SAMPLE_RATE;
    for (let position = 0, n = 0; position < total; n++) {
      const frames = Math.min(total - position, isWhole ? 4801 + ((n * 7919) % 40_000) : BLOCK_FRAMES);
      const from = (n * 104_729) % (10 * SAMPLE_RATE - frames);
      const data = Buffer.from(pattern.subarray(from * BYTES_PER_FRAME, (from + frames) * BYTES_PER_FRAME));
      data.writeUInt32LE(position % 2 ** 32);
      hash.update(data);
      position += frames;
      yield data;
    }
  }

  it(`gives back every sample of ${HOURS} hours in ${HOURS + 1} files (${HOUR_SECONDS} s of sound an hour)`, async () => {
    const archive = createArchive({
      directory,
      onAlarm: (message) => {
        throw new Error(message);
      },
    });
    const source = createHash('sha256');
    const msPerFrame = (HOUR_MS / HOUR_SECONDS / SAMPLE_RATE) * CLOCK;
    const labelOf = (frame: number): number => START_MS + frame * msPerFrame;
    const { nextFrame } = await runArchivePipeline({ archive, sound: sound(source), labelOf });
    await archive.flush();

    const recordings = await describeRecordings(directory);
    expect(recordings).toHaveLength(HOURS + 1);
    let position = 0;
    for (const [n, recording] of recordings.entries()) {
      const { firstFrame, frames, startMs, path } = recording;
      expect(firstFrame).toBe(position);
      // A file starts with the first block whose label is in its hour.
      expect(Math.abs(startMs - labelOf(position))).toBeLessThan(2);
      const hour = Math.floor(START_MS / HOUR_MS) + n;
      expect(Math.floor(startMs / HOUR_MS)).toBe(hour);
      if (n > 0) expect(Math.floor(labelOf(position - BLOCK_FRAMES) / HOUR_MS)).toBe(hour - 1);
      await run('flac', ['--test', '--silent', '--warnings-as-errors', path]);
      position += frames;
    }
    expect(position).toBe(nextFrame);
    if (HOUR_SECONDS === 3600) expect(findGaps(recordings)).toEqual([]);

    const decoded = createHash('sha256');
    for (const { path } of recordings) await decodeInto(path, decoded);
    expect(decoded.digest('hex')).toBe(source.digest('hex'));
    process.stdout.write(`${nextFrame} frames (${framesToMs(nextFrame) / 1000} s) in ${recordings.length} files\n`);
  });

  it('records only what is wanted, whole and from frame 0 in every file, and the stream never notices', async () => {
    const archive = createArchive({ directory });
    const pcm = noiseS24le(20 * BLOCK_FRAMES * 25, SEED);
    let block = 0;
    const segments: Uint8Array[] = [];
    await runArchivePipeline({
      archive,
      sound: [pcm],
      labelOf: (frame) => START_MS + framesToMs(frame),
      // Off air for the first 3 s, then on for 5, off for 4, and on to the end.
      isRecordingWanted: () => {
        const second = Math.floor(block++ / 25);
        return (second >= 3 && second < 8) || second >= 12;
      },
      onHq: ({ init, data }) => {
        if (segments.length === 0) segments.push(init);
        segments.push(data);
      },
    });
    await archive.flush();
    const recordings = await describeRecordings(directory);
    expect(
      recordings.map(({ firstFrame, frames }) => [firstFrame, frames].map((each) => (each ?? 0) / 48_000)),
    ).toEqual([
      [3, 5],
      [12, 8],
    ]);
    expect(findGaps(recordings)).toHaveLength(1);
    for (const { path, firstFrame = 0, frames } of recordings) {
      const expected = pcm.subarray(firstFrame * BYTES_PER_FRAME, (firstFrame + frames) * BYTES_PER_FRAME);
      expect((await decodeWithFlac(path)).equals(expected)).toBe(true);
      await run('flac', ['-dcs', '--skip=1000', path]);
    }
    const heard = await run('ffmpeg', ['-v', 'error', '-i', '-', '-f', 's24le', '-'], Buffer.concat(segments));
    expect(heard.equals(pcm)).toBe(true);
  });
});

/** What the reference decoder makes of a file, without keeping it. */
async function decodeInto(path: string, hash: Hash): Promise<void> {
  const raw = ['--force-raw-format', '--endian=little', '--sign=signed'];
  const child = spawn('flac', ['-dcs', ...raw, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  for await (const data of child.stdout as AsyncIterable<Uint8Array>) hash.update(data);
  expect((await ended)[0]).toBe(0);
}
