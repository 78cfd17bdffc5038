import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHANNELS, type EncodedSegment, type FlacFrame, type PcmBlock, packS24le } from '@bucket-radio/pcm';
import { pcmBlocks, proofMusic, seededRandom, serviceOrSkip, tone, whiteNoise } from '@bucket-radio/testing';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Backend } from './backend.ts';
import { createSegmentMuxer } from './cmaf/segment-muxer.ts';
import { createFlacEncoder } from './flac/flac-encoder.ts';
import { createOpusEncoder } from './opus/opus-encoder.ts';

const EPOCH = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Math.max(1, Math.round(Number(process.env['PROVE_SCALE'] ?? 1)));
const backends: readonly Backend[] = ['native', 'wasm'];
const ffmpegMissing = !serviceOrSkip('ffmpeg').available;
const flacMissing = !serviceOrSkip('flac').available;
const directory = mkdtempSync(join(tmpdir(), 'bucket-radio-encoders-'));

// Each test encodes and decodes its music several times over.
vi.setConfig({ testTimeout: 120_000 * SCALE });

afterAll(() => rmSync(directory, { recursive: true }));

interface Rendition {
  readonly hq: EncodedSegment[];
  readonly lq: EncodedSegment[];
  readonly header: Uint8Array;
  readonly frames: FlacFrame[];
  readonly streamInfo: Uint8Array;
}

/** The station's path from blocks to media objects, as the pipeline connects it. */
async function encode(blocks: readonly PcmBlock[], segmentSeconds: number, backend: Backend): Promise<Rendition> {
  const flac = await createFlacEncoder({ backend });
  const opus = await createOpusEncoder({ backend, segmentFrames: segmentSeconds * 48_000 });
  const hqMuxer = createSegmentMuxer({ rendition: 'hq', epoch: EPOCH, segmentSeconds, flacHeader: flac.header });
  const lqMuxer = createSegmentMuxer({ rendition: 'lq', epoch: EPOCH, segmentSeconds });
  const hq: EncodedSegment[] = [];
  const lq: EncodedSegment[] = [];
  const frames: FlacFrame[] = [];
  for (const block of blocks) {
    if (block.segmentEnd !== undefined) {
      hqMuxer.endSegment(block.segmentEnd);
      lqMuxer.endSegment(block.segmentEnd);
    }
    const written = flac.encode(block);
    frames.push(...written);
    hq.push(...(await hqMuxer.push(written)));
    lq.push(...(await lqMuxer.push(opus.encode(block))));
  }
  const end = flac.finish();
  frames.push(...end.frames);
  hq.push(...(await hqMuxer.push(end.frames)));
  lq.push(...(await lqMuxer.push(opus.finish())));
  return { hq, lq, header: flac.header, frames, streamInfo: end.streamInfo };
}

function write(name: string, ...parts: readonly Uint8Array[]): string {
  const path = join(directory, name);
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

/** Runs a program that must succeed without a word on stderr. */
function run(program: string, args: readonly string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(program, args, { maxBuffer: 2 ** 30 });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

const ffmpegPcm = (path: string, format: string): Buffer =>
  run('ffmpeg', ['-v', 'error', '-i', path, '-f', format, '-c:a', `pcm_${format}`, '-']);

function play(name: string, segments: readonly EncodedSegment[]): string {
  return write(name, segments[0]!.init, ...segments.map((segment) => segment.data));
}

const flacFile = ({ header, streamInfo, frames }: Rendition, name: string): string =>
  write(name, header.subarray(0, 8), streamInfo, ...frames.map((frame) => frame.data));

describe.each(backends)('encoded with %s', (backend) => {
  const noBackend = backend === 'native' && !serviceOrSkip('native').available;
  const skip = noBackend || ffmpegMissing;

  it.skipIf(skip)('hq decodes in ffmpeg to exactly the captured frames, from any segment on', async () => {
    const random = seededRandom(21);
    for (const source of [proofMusic(SCALE * 6 * 48_000 + 12_345, SEED), whiteNoise(4 * 48_000)]) {
      const firstSegment = Math.floor(random() * 100_000);
      const captured = packS24le(source);
      const { hq } = await encode(pcmBlocks(source, { segmentFrames: 48_000, firstSegment }), 1, backend);
      for (const from of [0, 1, Math.floor(hq.length / 2), hq.length - 1]) {
        const to = Math.min(hq.length, from + 1 + Math.floor(random() * hq.length));
        const decoded = ffmpegPcm(play('hq.mp4', hq.slice(from, to)), 's24le');
        expect(decoded.equals(captured.subarray(from * 288_000, Math.min(captured.length, to * 288_000)))).toBe(true);
      }
    }
  });

  it.skipIf(skip)('hq of ten-second segments is described rightly to ffprobe', async () => {
    const blocks = pcmBlocks(proofMusic(20 * 48_000, SEED), { segmentFrames: 480_000, firstSegment: 7 });
    const { hq } = await encode(blocks, 10, backend);
    const probed = run('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', play('probe.mp4', hq)]);
    expect(JSON.parse(probed.toString()).streams).toMatchObject([
      {
        codec_name: 'flac',
        sample_rate: '48000',
        channels: 2,
        bits_per_raw_sample: '24',
        time_base: '1/48000',
        start_pts: 7 * 480_000,
      },
    ]);
  });

  it.skipIf(noBackend || flacMissing)('frames under the final STREAMINFO are a file that flac accepts', async () => {
    const total = SCALE * 5 * 48_000 + 1;
    const source = proofMusic(total, SEED + 3);
    const encoded = await encode(pcmBlocks(source, { segmentFrames: 48_000, firstSegment: 99 }), 1, backend);
    const path = flacFile(encoded, 'archive.flac');
    run('flac', ['--totally-silent', '--test', '--warnings-as-errors', path]);
    const raw = ['--totally-silent', '--decode', '--stdout', '--force-raw-format', '--endian=little', '--sign=signed'];
    const captured = packS24le(source);
    expect(run('flac', [...raw, path]).equals(captured)).toBe(true);
    for (const skip of [100_000, 1920 * 77, total - 1]) {
      const skipped = run('flac', [...raw, `--skip=${skip}`, path]);
      expect(skipped.equals(captured.subarray(skip * 6))).toBe(true);
    }
    if (ffmpegMissing) return;
    const probed = run('ffprobe', ['-v', 'error', '-show_format', '-of', 'json', path]);
    expect(Number(JSON.parse(probed.toString()).format.start_time)).toBe(0);
    expect(Number(JSON.parse(probed.toString()).format.duration)).toBeCloseTo(total / 48_000, 5);
  });

  it.skipIf(skip)('lq plays the same frames as hq: the correlation with the source peaks at 0', async () => {
    const source = proofMusic(4 * 48_000, SEED + 7);
    const { lq } = await encode(pcmBlocks(source, { segmentFrames: 48_000, firstSegment: 12 }), 1, backend);
    for (const from of [0, 2]) {
      const decoded = ffmpegPcm(play('lq.mp4', lq.slice(from)), 's16le');
      expect(decoded.length).toBe((4 - from) * 48_000 * CHANNELS * 2);
      const samples = new Int16Array(decoded.buffer.slice(decoded.byteOffset, decoded.byteOffset + decoded.length));
      expect(bestLag(source.subarray(from * 48_000 * CHANNELS), samples)).toBe(0);
    }
  });
});

describe('both backends', () => {
  const skip = ffmpegMissing || !serviceOrSkip('native').available;

  it.skipIf(skip)('decode to the same samples', async () => {
    const blocks = pcmBlocks(proofMusic(3 * 48_000, SEED + 1), { segmentFrames: 48_000 });
    const decoded = [];
    for (const backend of backends) {
      decoded.push(ffmpegPcm(flacFile(await encode(blocks, 1, backend), `${backend}.flac`), 's24le'));
    }
    expect(decoded[0]?.equals(decoded[1]!)).toBe(true);
  });

  it.skipIf(ffmpegMissing)('carry a tone without loss at every level', async () => {
    const source = tone(2 * 48_000, 440, 1);
    for (const level of [0, 3, 8]) {
      const encoder = await createFlacEncoder({ level });
      const frames = pcmBlocks(source, { segmentFrames: 48_000 }).flatMap((block) => encoder.encode(block));
      const end = encoder.finish();
      const data = [...frames, ...end.frames].map((frame) => frame.data);
      const path = write(`level-${level}.flac`, encoder.header.subarray(0, 8), end.streamInfo, ...data);
      expect(ffmpegPcm(path, 's24le').equals(packS24le(source))).toBe(true);
    }
  });
});

/** The shift, within ±20 ms, at which `decoded` resembles the left channel of `source` most. */
function bestLag(source: Int32Array, decoded: Int16Array): number {
  let [best, bestLag] = [-Infinity, Number.NaN];
  for (let lag = -960; lag <= 960; lag++) {
    let sum = 0;
    for (let frame = 4800; frame < 33_600; frame++) {
      sum += source[frame * CHANNELS]! * decoded[(frame + lag) * CHANNELS]!;
    }
    if (sum > best) [best, bestLag] = [sum, lag];
  }
  return bestLag;
}
