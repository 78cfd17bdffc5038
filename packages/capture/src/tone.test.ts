import { unpackS24le } from '@bucket-radio/pcm';
import { expect, test } from 'vitest';
import { renderTone } from './tone.ts';

const TONE = { kind: 'tone', frequencyHz: 1000, levelDbfs: -18 } as const;

test('the tone has its level, in both channels', () => {
  const samples = unpackS24le(renderTone(TONE, 0, 48_000));
  const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(20 * Math.log10(peak / 0x7f_ff_ff)).toBeCloseTo(-18, 3);
  expect(samples.every((value, index) => index % 2 === 0 || value === samples[index - 1])).toBe(true);
});

test('the tone has its frequency: it repeats after a whole cycle and not before', () => {
  const samples = unpackS24le(renderTone(TONE, 0, 96)).filter((_, index) => index % 2 === 0);
  expect(samples.slice(48)).toEqual(samples.slice(0, 48));
  expect(samples.slice(24, 48)).toEqual(samples.slice(0, 24).map((value) => -value || 0));
});

test('a full-scale tone does not wrap', () => {
  const samples = unpackS24le(renderTone({ kind: 'tone', frequencyHz: 12_000, levelDbfs: 0 }, 0, 4));
  expect([...samples]).toEqual([0, 0, 0x7f_ff_ff, 0x7f_ff_ff, 0, 0, -0x7f_ff_ff, -0x7f_ff_ff]);
});

test('the same position gives the same samples after thirty days', () => {
  const tone = { kind: 'tone', frequencyHz: 997.123, levelDbfs: -3 } as const;
  const day30 = 30 * 86_400 * 48_000;
  expect(renderTone(tone, day30, 480)).toEqual(renderTone(tone, 0, 480));
});
