import { unpackS24le } from '@bucket-radio/pcm';
import { expect, test } from 'vitest';
import { ALSA_FORMATS, hasMoreThan24Bits, LAYOUTS, selectPair, toS24le } from './formats.ts';

const VALUES = [0, 1, -1, 0x12_34_56, -0x12_34_56, 0x7f_ff_ff, -0x80_00_00];

test('24-in-32 samples, upper or lower, and packed samples become the same 24 bits', () => {
  const upper = new Uint8Array(Int32Array.from(VALUES, (value) => value << 8).buffer);
  const lower = new Uint8Array(Int32Array.from(VALUES, (value) => value & 0xff_ff_ff).buffer);
  expect([...unpackS24le(toS24le(upper, 'S32_LE'))]).toEqual(VALUES);
  expect([...unpackS24le(toS24le(lower, 'S24_LE'))]).toEqual(VALUES);
  const packed = toS24le(upper, 'S32_LE');
  expect(toS24le(packed, 'S24_3LE')).toBe(packed);
});

test('16-bit samples are multiplied by 256', () => {
  const values = [0, 1, -1, 0x7f_ff, -0x80_00];
  const bytes = new Uint8Array(Int16Array.from(values).buffer);
  expect([...unpackS24le(toS24le(bytes, 'S16_LE'))]).toEqual(values.map((value) => value * 256));
});

test('bits below the 24th are noticed', () => {
  expect(hasMoreThan24Bits(new Uint8Array(Int32Array.of(0x100, -0x100).buffer))).toBe(false);
  expect(hasMoreThan24Bits(new Uint8Array(Int32Array.of(0x100, 0x101).buffer))).toBe(true);
});

test.each(ALSA_FORMATS)('any two of four channels are taken, in any order: %s', (format) => {
  const { sampleBytes } = LAYOUTS[format];
  const data = Uint8Array.from({ length: 3 * 4 * sampleBytes }, (_, i) => i);
  const sample = (frame: number, channel: number): number[] =>
    Array.from({ length: sampleBytes }, (_, i) => (frame * 4 + channel - 1) * sampleBytes + i);
  const expected = [0, 1, 2].flatMap((frame) => [...sample(frame, 4), ...sample(frame, 2)]);
  expect([...selectPair(data, format, 4, [4, 2])]).toEqual(expected);
});

test('the two channels of a stereo device are passed on without a copy', () => {
  const data = new Uint8Array(24);
  expect(selectPair(data, 'S24_3LE', 2, [1, 2])).toBe(data);
});
