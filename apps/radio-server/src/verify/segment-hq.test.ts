import { createFlacEncoder } from '@bucket-radio/encoders';
import { CHANNELS } from '@bucket-radio/pcm';
import { music, pcmBlocks } from '@bucket-radio/testing';
import { expect, it } from 'vitest';
import { checkHqJoin, type HqContent } from './segment-hq.ts';

it('a join is exact when both sides decode together to what they are apart', async () => {
  const samples = music(2 * 48_000);
  const encoder = await createFlacEncoder();
  const blocks = pcmBlocks(samples, { segmentFrames: 48_000 }).flatMap((block) => encoder.encode(block));
  const frames = [...blocks, ...encoder.finish().frames].map(({ data }) => data);
  const content = (second: number): HqContent => ({
    header: encoder.header,
    frames: frames.slice(25 * second, 25 * (second + 1)),
    samples: samples.slice(48_000 * CHANNELS * second, 48_000 * CHANNELS * (second + 1)),
  });
  const told: string[] = [];
  const differ = (check: string): void => void told.push(check);
  expect(await checkHqJoin(content(0), content(1), differ)).toBe(true);
  expect(told).toEqual([]);
  const other = content(1);
  other.samples[100]! ^= 1;
  expect(await checkHqJoin(content(0), other, differ)).toBe(false);
  expect(told).toEqual(['join']);
});
