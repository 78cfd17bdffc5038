import { createRequire } from 'node:module';
import { CHANNELS, type OpusPacket, type PcmBlock } from '@bucket-radio/pcm';
import { music, pcmBlocks, proofMusic, serviceOrSkip } from '@bucket-radio/testing';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../backend.ts';
import { LEAD_IN_PACKETS } from './cuts.ts';
import { createOpusEncoder, type OpusEncoder, type OpusEncoderOptions } from './opus-encoder.ts';

const segmentFrames = 48_000;
const packetsPerSegment = segmentFrames / 960;
const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const CUTS = Math.max(2, Math.round(30 * Number(process.env['PROVE_SCALE'] ?? 1)));
const backends: readonly Backend[] = ['native', 'wasm'];

interface Decoder {
  decode(packet: Buffer): Buffer;
  delete(): void;
}
const OpusScript = createRequire(import.meta.url)('opusscript') as new (rate: number, channels: number) => Decoder;

/** Decodes with a fresh libopus: interleaved 16-bit samples. */
function decode(packets: readonly Uint8Array[]): Int16Array {
  const decoder = new OpusScript(48_000, CHANNELS);
  const pcm = Buffer.concat(packets.map((packet) => decoder.decode(Buffer.from(packet))));
  decoder.delete();
  return new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2);
}

function differences(a: Int16Array, b: Int16Array): number {
  return a.reduce((count, sample, i) => count + (sample === b[i] ? 0 : 1), 0);
}

function encodeAll(encoder: OpusEncoder, blocks: readonly PcmBlock[]): OpusPacket[] {
  return [...blocks.flatMap((block) => encoder.encode(block)), ...encoder.finish()];
}

function lagOfBestMatch(source: Int32Array, decoded: Int16Array, maxLag: number): number {
  let [best, bestLag] = [-Infinity, Number.NaN];
  for (let lag = -maxLag; lag <= maxLag; lag++) {
    let sum = 0;
    for (let frame = 4800; frame < 28_800; frame++) {
      sum += source[frame * CHANNELS]! * decoded[(frame + lag) * CHANNELS]!;
    }
    if (sum > best) [best, bestLag] = [sum, lag];
  }
  return bestLag;
}

describe.each(backends)('the Opus encoder (%s)', (backend) => {
  const skip = backend === 'native' && !serviceOrSkip('native').available;
  const create = (options: Partial<OpusEncoderOptions> = {}): Promise<OpusEncoder> =>
    createOpusEncoder({ backend, segmentFrames, ...options });

  it.skipIf(skip)('covers every frame once, and the last packet says how much of it was captured', async () => {
    for (const total of [1, 312, 313, 959, 960, 961, 1920, 47_999, 48_000, 50_001]) {
      const packets = encodeAll(await create(), pcmBlocks(music(total), { segmentFrames, firstSegment: 9 }));
      let next = 9 * segmentFrames;
      for (const packet of packets) {
        expect(packet.position).toBe(next);
        next += packet.frames;
      }
      expect(next).toBe(9 * segmentFrames + total);
      expect(packets.slice(0, -1).every((packet) => packet.frames === 960)).toBe(true);
    }
  });

  it.skipIf(skip)('decodes to the frames it was given, with no delay', async () => {
    const source = music(36_000);
    const packets = encodeAll(await create(), pcmBlocks(source, { segmentFrames }));
    const decoded = decode(packets.map((packet) => packet.data));
    expect(lagOfBestMatch(source, decoded, 700)).toBe(0);
  });

  it.skipIf(skip)(
    'lets a fresh decoder join at a cut bit for bit after the lead-in',
    { timeout: 4_000 * CUTS },
    async () => {
      const source = proofMusic((CUTS + 1) * segmentFrames, SEED + 4);
      const packets = encodeAll(await create(), pcmBlocks(source, { segmentFrames })).map((packet) => packet.data);
      const continuous = decode(packets);
      for (let cut = 1; cut <= CUTS; cut++) {
        const first = cut * packetsPerSegment;
        const segment = packets.slice(first - LEAD_IN_PACKETS, first + packetsPerSegment);
        const joined = decode(segment).subarray(LEAD_IN_PACKETS * 960 * CHANNELS);
        expect(joined.length).toBeGreaterThanOrEqual(segmentFrames * CHANNELS);
        const start = first * 960 * CHANNELS;
        expect(differences(joined, continuous.subarray(start, start + joined.length))).toBe(0);
      }
    },
  );

  it.skipIf(skip)('makes the same packets of the same input', async () => {
    const blocks = pcmBlocks(music(48_000), { segmentFrames });
    expect(encodeAll(await create(), blocks)).toEqual(encodeAll(await create(), blocks));
  });

  it.skipIf(skip)('keeps encoders that run at the same time apart', async () => {
    const runs = [1, 2, 3, 4].map((seed) => pcmBlocks(music(24_000, seed), { segmentFrames }));
    const alone = [];
    for (const blocks of runs) alone.push(encodeAll(await create(), blocks));
    const encoders = await Promise.all(runs.map(() => create()));
    const together: OpusPacket[][] = runs.map(() => []);
    for (let i = 0; i < runs[0]!.length; i++) {
      for (const [n, encoder] of encoders.entries()) together[n]?.push(...encoder.encode(runs[n]![i]!));
    }
    for (const [n, encoder] of encoders.entries()) together[n]?.push(...encoder.finish());
    expect(together).toEqual(alone);
  });

  it.skipIf(skip)('follows bitrate, complexity and VBR mode', async () => {
    const blocks = pcmBlocks(music(5 * 48_000), { segmentFrames });
    const bytes = async (options: Partial<OpusEncoderOptions>): Promise<number> =>
      encodeAll(await create(options), blocks).reduce((sum, packet) => sum + packet.data.length, 0);
    const standard = await bytes({});
    expect(standard / 5).toBeGreaterThan(10_000);
    expect(standard / 5).toBeLessThan(22_000);
    expect(await bytes({ bitrate: 64_000 })).toBeLessThan(0.7 * standard);
    expect(await bytes({ vbr: 'cvbr' })).not.toBe(standard);
    expect(await bytes({ complexity: 0 })).not.toBe(standard);
  });

  it.skipIf(skip)('finishes twice without harm, and takes nothing afterwards', async () => {
    const encoder = await create();
    const [block] = pcmBlocks(music(1920), { segmentFrames }) as [PcmBlock];
    expect(encodeAll(encoder, [block])).toHaveLength(2);
    expect(encoder.finish()).toEqual([]);
    expect(() => encoder.encode(block)).toThrow(expect.objectContaining({ code: 'finished' }));
  });

  it.skipIf(skip)('finishes a run that had no block', async () => {
    expect((await create()).finish()).toEqual([]);
  });
});

describe('the Opus encoder', () => {
  it.each([
    [{ bitrate: 1000 }, 'Opus bitrate is 1000; use a whole number from 6000 to 510000'],
    [{ complexity: 11 }, 'Opus complexity is 11; use a whole number from 0 to 10'],
    [{ segmentFrames: 1000 }, 'segmentFrames is 1000; use a multiple of 960'],
  ])('refuses %o', async (options, message) => {
    await expect(createOpusEncoder({ segmentFrames, backend: 'wasm', ...options })).rejects.toThrow(message);
  });

  it('refuses a hole, and a run that starts between packets', async () => {
    const encoder = await createOpusEncoder({ segmentFrames, backend: 'wasm' });
    const blocks = pcmBlocks(music(5760), { segmentFrames });
    expect(() => encoder.encode({ ...blocks[0]!, position: 100 })).toThrow('start at a multiple of 960');
    encoder.encode(blocks[0]!);
    expect(() => encoder.encode(blocks[2]!)).toThrow('got frame 3840 where 1920 is next');
    encoder.finish();
  });
});
