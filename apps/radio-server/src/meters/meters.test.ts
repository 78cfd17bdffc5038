import { type PcmBlock, packS24le, SAMPLE_RATE } from '@bucket-radio/pcm';
import { pcmBlocks, tone } from '@bucket-radio/testing';
import { expect, it } from 'vitest';
import type { Levels } from '../status.ts';
import { sine, stereo } from '../testing/signals.ts';
import { Meters } from './meters.ts';

function block(samples: readonly number[]): PcmBlock {
  const data = packS24le(Int32Array.from(samples));
  return { position: 0, frames: samples.length / 2, data, utcMs: 0, segment: 0 };
}

function measure(samples: Int32Array): Levels {
  const meters = new Meters();
  for (const each of pcmBlocks(samples, { segmentFrames: SAMPLE_RATE })) meters.add(each);
  return meters.take();
}

it('measures peak and RMS per channel over the blocks since the last reading', () => {
  const meters = new Meters();
  meters.add(pcmBlocks(tone(1920, 1000, 0.25), { segmentFrames: SAMPLE_RATE })[0] as PcmBlock);
  meters.add(pcmBlocks(tone(1920, 1000, 0.5), { segmentFrames: SAMPLE_RATE })[0] as PcmBlock);
  const first = meters.take();
  expect(first.peakDbfs[0]).toBeCloseTo(-6.02, 1);
  expect(first.rmsDbfs[1]).toBeCloseTo(10 * Math.log10((0.25 ** 2 + 0.5 ** 2) / 4), 1);
  meters.add(pcmBlocks(tone(1920, 1000, 0.25), { segmentFrames: SAMPLE_RATE })[0] as PcmBlock);
  meters.take(); // The peak lags by 12 samples.
  meters.add(pcmBlocks(tone(1920, 1000, 0.25), { segmentFrames: SAMPLE_RATE })[0] as PcmBlock);
  expect(meters.take().peakDbfs[0]).toBeLessThan(-10);
});

it('reads digital silence as -150, which JSON can say', () => {
  const meters = new Meters();
  meters.add(block([0, 0]));
  const silent = [-150, -150];
  expect(meters.take()).toEqual({
    peakDbfs: silent,
    rmsDbfs: silent,
    vuDbfs: silent,
    maxPeakDbfs: silent,
    loudness: { momentary: -150, shortTerm: -150, integrated: -150, range: 0 },
  });
});

it('hears full scale of either sign', () => {
  const meters = new Meters();
  meters.add(block([-0x80_00_00, 0x7f_ff_ff]));
  const { peakDbfs } = meters.take();
  expect(peakDbfs[0]).toBe(0);
  expect(peakDbfs[1]).toBeCloseTo(0, 5);
});

it('finds the peak between samples: a sine at a quarter of the sample rate, met at 45 degrees', () => {
  const quarter = sine(SAMPLE_RATE / 4, -6, Math.PI / 4);
  const samples = stereo(1, (frame) => Math.min(1, frame / 4800) * quarter(frame));
  expect(Math.max(...samples) / 2 ** 23).toBeCloseTo(10 ** (-9 / 20), 2);
  const { maxPeakDbfs } = measure(samples);
  expect(Math.abs(maxPeakDbfs[0] + 6)).toBeLessThan(0.05);
});

it('moves its VU needle as IEC 60268-17 wants: 99 % after 300 ms, 1 to 1.5 % too far, then the level of a sine', () => {
  const meters = new Meters();
  const readings: number[] = [];
  for (const each of pcmBlocks(tone(SAMPLE_RATE * 3, 1000, 0.125), { segmentFrames: SAMPLE_RATE })) {
    meters.add(each);
    readings.push(10 ** (meters.take().vuDbfs[0] / 20) / 0.125);
  }
  // 280 to 320 ms
  expect(readings[6]).toBeLessThan(0.99);
  expect(readings[7]).toBeGreaterThan(0.985);
  expect(Math.max(...readings)).toBeGreaterThan(1.01);
  expect(Math.max(...readings)).toBeLessThan(1.015);
  expect(readings.at(-1)).toBeCloseTo(1, 2);
});

it('starts integrated loudness, range and maximum again when told to', () => {
  const meters = new Meters();
  for (const each of pcmBlocks(tone(SAMPLE_RATE * 4, 1000, 0.5), { segmentFrames: SAMPLE_RATE })) meters.add(each);
  expect(meters.take().loudness.integrated).toBeGreaterThan(-10);
  for (const each of pcmBlocks(tone(SAMPLE_RATE, 1000, 0.05), { segmentFrames: SAMPLE_RATE })) meters.add(each);
  meters.reset();
  for (const each of pcmBlocks(tone(SAMPLE_RATE * 4, 1000, 0.05), { segmentFrames: SAMPLE_RATE })) meters.add(each);
  const { loudness, maxPeakDbfs } = meters.take();
  expect(loudness.integrated).toBeLessThan(-20);
  expect(maxPeakDbfs[0]).toBeLessThan(-20);
});
