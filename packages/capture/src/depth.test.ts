import { packS24le } from '@bucket-radio/pcm';
import { whiteNoise } from '@bucket-radio/testing';
import { expect, test } from 'vitest';
import { DepthMeter } from './depth.ts';

const noise = (bits: number, frames = 48_000): Uint8Array =>
  packS24le(whiteNoise(frames).map((value) => (value >> (24 - bits)) << (24 - bits)));

test.each([8, 16, 20, 23, 24])('%d used bits of 24 are found', (bits) => {
  const meter = new DepthMeter();
  meter.add(noise(bits));
  expect(meter.bits).toBe(bits);
});

test('silence tells nothing, and neither does less than a second of sound', () => {
  const meter = new DepthMeter();
  meter.add(new Uint8Array(96_000 * 6));
  meter.add(noise(16, 47_999));
  expect(meter.bits).toBeNull();
});

test('one deeper sample is enough, and bits below the 24th are told', () => {
  const meter = new DepthMeter();
  meter.add(noise(16));
  meter.add(packS24le(Int32Array.of(1, 0)));
  expect(meter.bits).toBe(24);
  meter.addFiner();
  expect(meter.bits).toBe(32);
});
