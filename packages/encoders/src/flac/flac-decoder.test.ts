import { BLOCK_FRAMES } from '@bucket-radio/pcm';
import { music, pcmBlocks, whiteNoise } from '@bucket-radio/testing';
import { describe, expect, it } from 'vitest';
import { decodeFlac, decodeFlacStream } from './flac-decoder.ts';
import { createFlacEncoder } from './flac-encoder.ts';

const segmentFrames = 48_000;

async function encode(samples: Int32Array): Promise<{ readonly header: Uint8Array; readonly frames: Uint8Array[] }> {
  const encoder = await createFlacEncoder();
  const frames = pcmBlocks(samples, { segmentFrames }).flatMap((block) => encoder.encode(block));
  const all = [...frames, ...encoder.finish().frames];
  return { header: encoder.header, frames: all.map(({ data }) => data) };
}

describe('the FLAC decoder', () => {
  it('gives back every sample, from any frame on', async () => {
    for (const samples of [
      music(20 * BLOCK_FRAMES + 77),
      whiteNoise(5 * BLOCK_FRAMES),
      new Int32Array(BLOCK_FRAMES * 4),
    ]) {
      const { header, frames } = await encode(samples);
      expect(Buffer.from((await decodeFlac(header, frames)).buffer)).toEqual(Buffer.from(samples.buffer));
      const rest = await decodeFlac(header, frames.slice(1));
      expect(Buffer.from(rest.buffer)).toEqual(Buffer.from(samples.slice(BLOCK_FRAMES * 2).buffer));
    }
  });

  it('refuses a frame with a flipped bit, and one that is cut short', async () => {
    const { header, frames } = await encode(music(4 * BLOCK_FRAMES));
    const flipped = Uint8Array.from(frames[2]!);
    flipped[flipped.length >> 1]! ^= 1;
    await expect(decodeFlac(header, [frames[0]!, frames[1]!, flipped, frames[3]!])).rejects.toThrow(
      /frame \d is damaged/,
    );
    const short = frames[1]!.subarray(0, 100);
    await expect(decodeFlac(header, [frames[0]!, short, frames[2]!])).rejects.toThrow(/frame \d is damaged/);
  });

  it('passes on what its callbacks throw', async () => {
    const { header, frames } = await encode(music(2 * BLOCK_FRAMES));
    const pieces = [header, ...frames];
    const broken = decodeFlacStream({
      read: () => pieces.shift() ?? new Uint8Array(0),
      write: () => {
        throw new Error('disk full');
      },
    });
    await expect(broken).rejects.toThrow('disk full');
  });
});
