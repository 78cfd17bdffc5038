import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  BLOCK_FRAMES,
  createPcmMd5,
  floatToS24,
  framesToMs,
  msToFrames,
  packS24le,
  pcmMd5,
  S24_MAX,
  S24_MIN,
  segmentBlocks,
  segmentFrames,
  toHex,
  unpackS24le,
} from './index.ts';

it('packs and unpacks every sign and edge of 24-bit samples', () => {
  const samples = Int32Array.of(0, 1, -1, 255, -256, 0x1234, -0x1234, S24_MAX, S24_MIN);
  const bytes = packS24le(samples);
  expect([...bytes.subarray(21)]).toEqual([0xff, 0xff, 0x7f, 0x00, 0x00, 0x80]);
  expect(unpackS24le(bytes)).toEqual(samples);
});

it('rounds floats to 24 bit and clips them', () => {
  expect([0, 0.5, -1, 1, 2, -2, 1 / 0x80_00_00].map(floatToS24)).toEqual([
    0,
    0x40_00_00,
    S24_MIN,
    S24_MAX,
    S24_MAX,
    S24_MIN,
    1,
  ]);
});

it('digests PCM as MD5 does, in one piece or many', () => {
  const data = packS24le(Int32Array.from({ length: 5000 }, (_, i) => i * 1237));
  const md5 = createPcmMd5();
  md5.update(data.subarray(0, 1001));
  md5.update(data.subarray(1001));
  const expected = createHash('md5').update(data).digest('hex');
  expect(toHex(md5.digest())).toBe(expected);
  expect(toHex(pcmMd5(data))).toBe(expected);
});

it('turns frames into milliseconds and back', () => {
  expect(framesToMs(BLOCK_FRAMES)).toBe(40);
  expect(msToFrames(40)).toBe(BLOCK_FRAMES);
});

it('makes segments of whole blocks for every allowed length, and refuses others', () => {
  for (let seconds = 1; seconds <= 10; seconds++)
    expect(segmentBlocks(seconds) * BLOCK_FRAMES).toBe(segmentFrames(seconds));
  for (const wrong of [0, 11, 2.5, Number.NaN]) expect(() => segmentFrames(wrong)).toThrow(/whole number from 1 to 10/);
});
