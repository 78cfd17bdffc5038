import { BLOCK_FRAMES, type FlacFrame, type PcmBlock, pcmMd5, toHex } from '@bucket-radio/pcm';
import { music, pcmBlocks, seededRandom, serviceOrSkip, whiteNoise } from '@bucket-radio/testing';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../backend.ts';
import { createFlacEncoder, type FlacEncoder } from './flac-encoder.ts';

const segmentFrames = 48_000;
const backends: readonly Backend[] = ['native', 'wasm'];

function encodeAll(encoder: FlacEncoder, blocks: readonly PcmBlock[]): { frames: FlacFrame[]; streamInfo: Uint8Array } {
  const frames = blocks.flatMap((block) => encoder.encode(block));
  const end = encoder.finish();
  return { frames: [...frames, ...end.frames], streamInfo: end.streamInfo };
}

/** The coded number in a FLAC frame header (RFC 9639 §9.1.5), for numbers below 2048. */
function frameNumber(frame: FlacFrame): number {
  const [first, second] = [frame.data[4] as number, frame.data[5] as number];
  return first < 0x80 ? first : ((first & 0x1f) << 6) | (second & 0x3f);
}

describe.each(backends)('the FLAC encoder (%s)', (backend) => {
  const skip = backend === 'native' && !serviceOrSkip('native').available;

  it.skipIf(skip)('has a header of marker and STREAMINFO, the same at every level', async () => {
    const headers = [];
    for (const level of [0, 5, 8]) {
      const encoder = await createFlacEncoder({ backend, level });
      expect(encoder.backend).toBe(backend);
      headers.push(toHex(encoder.header));
      encoder.finish();
    }
    expect(new Set(headers)).toEqual(
      new Set([`664c6143${'80000022'}07800780${'000000000000'}0bb80370${'00000000'}${'0'.repeat(32)}`]),
    );
  });

  it.skipIf(skip)('hands a frame over with the next block, at its station position', async () => {
    const encoder = await createFlacEncoder({ backend });
    const blocks = pcmBlocks(music(5 * BLOCK_FRAMES), { segmentFrames, firstSegment: 1000 });
    const counts = blocks.map((block) => encoder.encode(block).length);
    expect(counts).toEqual([0, 1, 1, 1, 1]);
    const { frames } = encoder.finish();
    expect(frames.map(({ position, frames: length }) => ({ position, length }))).toEqual([
      { position: 1000 * segmentFrames + 4 * BLOCK_FRAMES, length: BLOCK_FRAMES },
    ]);
  });

  it.skipIf(skip)('covers every frame once and numbers from 0, for any length of a run', async () => {
    const random = seededRandom(7);
    for (let run = 0; run < 6; run++) {
      const total = 1 + Math.floor(random() * 40 * BLOCK_FRAMES);
      const encoder = await createFlacEncoder({ backend });
      const { frames } = encodeAll(encoder, pcmBlocks(music(total, run), { segmentFrames, firstSegment: 3 }));
      let next = 3 * segmentFrames;
      for (const [index, frame] of frames.entries()) {
        expect(frame.position).toBe(next);
        expect(frameNumber(frame)).toBe(index);
        next += frame.frames;
      }
      expect(next).toBe(3 * segmentFrames + total);
    }
  });

  it.skipIf(skip)('ends with the totals and the MD5 of the samples in STREAMINFO', async () => {
    const blocks = pcmBlocks(whiteNoise(10 * BLOCK_FRAMES + 77), { segmentFrames });
    const { frames, streamInfo } = encodeAll(await createFlacEncoder({ backend }), blocks);
    const view = new DataView(streamInfo.buffer);
    const sizes = frames.map((frame) => frame.data.length);
    expect(streamInfo.length).toBe(34);
    expect(view.getUint32(4) >>> 8).toBe(Math.min(...sizes));
    expect(view.getUint32(7) >>> 8).toBe(Math.max(...sizes));
    expect(view.getUint32(14)).toBe(10 * BLOCK_FRAMES + 77);
    expect(toHex(streamInfo.subarray(18))).toBe(toHex(pcmMd5(Buffer.concat(blocks.map((block) => block.data)))));
  });

  it.skipIf(skip)('finishes twice without harm, and takes nothing afterwards', async () => {
    const encoder = await createFlacEncoder({ backend });
    const [block] = pcmBlocks(music(BLOCK_FRAMES), { segmentFrames }) as [PcmBlock];
    encoder.encode(block);
    const first = encoder.finish();
    expect(encoder.finish()).toEqual({ frames: [], streamInfo: first.streamInfo });
    expect(() => encoder.encode(block)).toThrow(expect.objectContaining({ code: 'finished' }));
  });

  it.skipIf(skip)('finishes a stream that had no block', async () => {
    const encoder = await createFlacEncoder({ backend });
    const { frames, streamInfo } = encoder.finish();
    expect(frames).toEqual([]);
    expect(streamInfo.subarray(0, 18)).toEqual(encoder.header.subarray(8, 26));
  });

  it.skipIf(skip)('refuses a block that leaves a hole', async () => {
    const encoder = await createFlacEncoder({ backend });
    const blocks = pcmBlocks(music(3 * BLOCK_FRAMES), { segmentFrames });
    encoder.encode(blocks[0]!);
    expect(() => encoder.encode(blocks[2]!)).toThrow('got frame 3840 where 1920 is next');
    encoder.finish();
  });

  it.skipIf(skip)('keeps encoders that run at the same time apart', async () => {
    const runs = [1, 2, 3].map((seed) => pcmBlocks(music(20 * BLOCK_FRAMES, seed), { segmentFrames }));
    const alone = [];
    for (const blocks of runs) alone.push(encodeAll(await createFlacEncoder({ backend }), blocks));
    const encoders = await Promise.all(runs.map(() => createFlacEncoder({ backend })));
    const together: FlacFrame[][] = runs.map(() => []);
    for (let i = 0; i < 20; i++) {
      for (const [n, encoder] of encoders.entries()) together[n]?.push(...encoder.encode(runs[n]![i]!));
    }
    for (const [n, encoder] of encoders.entries()) together[n]?.push(...encoder.finish().frames);
    expect(together).toEqual(alone.map((run) => run.frames));
  });
});

describe('the FLAC encoder', () => {
  it('refuses a level that libFLAC does not have', async () => {
    await expect(createFlacEncoder({ level: 9 })).rejects.toThrow('FLAC level is 9; use a whole number from 0 to 8');
  });

  it('leaves fetch alone after loading WebAssembly', async () => {
    const { fetch } = globalThis;
    const encoder = await createFlacEncoder({ backend: 'wasm' });
    encoder.finish();
    expect(globalThis.fetch).toBe(fetch);
  });
});
