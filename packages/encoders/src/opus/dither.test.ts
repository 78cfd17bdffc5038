import { seededRandom } from '@bucket-radio/testing';
import { describe, expect, it } from 'vitest';
import { createTpdfDither } from './dither.ts';

const COUNT = 200_000;

function ditheredInPieces(samples: Int32Array, pieceSamples: number): Int16Array {
  const dither = createTpdfDither();
  const out = new Int16Array(samples.length);
  for (let at = 0; at < samples.length; at += pieceSamples) dither(samples.subarray(at, at + pieceSamples), out, at);
  return out;
}

/** Mean and mean square of the error, in units of the 16-bit LSB. */
function errorOf(sample: (i: number) => number): { mean: number; power: number } {
  const samples = Int32Array.from({ length: COUNT }, (_, i) => sample(i));
  const dithered = ditheredInPieces(samples, COUNT);
  let [sum, squares] = [0, 0];
  for (let i = 0; i < COUNT; i++) {
    const error = (dithered[i] as number) - (samples[i] as number) / 256;
    sum += error;
    squares += error * error;
  }
  return { mean: sum / COUNT, power: squares / COUNT };
}

describe('24 to 16 bit', () => {
  it.each([0, 1, 100, 128, 255, -77_777])('keeps the mean of a constant %d, and the noise power of TPDF', (value) => {
    const { mean, power } = errorOf(() => value);
    expect(Math.abs(mean)).toBeLessThan(0.01);
    // Rounding (1/12) plus triangular dither (1/6) is 1/4 LSB², whatever the signal.
    expect(power).toBeGreaterThan(0.24);
    expect(power).toBeLessThan(0.26);
  });

  it('adds the same noise to a busy signal', () => {
    const random = seededRandom(3);
    const values = Array.from({ length: COUNT }, () => Math.floor((random() - 0.5) * 2 ** 23));
    const { mean, power } = errorOf((i) => values[i]!);
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(power - 0.25)).toBeLessThan(0.01);
  });

  it('clips at both ends', () => {
    const loudest = ditheredInPieces(new Int32Array(1000).fill(0x7f_ff_ff), 1000);
    const lowest = ditheredInPieces(new Int32Array(1000).fill(-0x80_00_00), 1000);
    expect(Math.min(...loudest)).toBeGreaterThanOrEqual(0x7f_fe);
    // A sum that wrapped around would be far from where it started.
    expect(Math.max(...lowest)).toBeLessThanOrEqual(-0x7f_fe);
  });

  it('gives the same samples however they are cut into pieces, in every run', () => {
    const samples = Int32Array.from({ length: 10_000 }, (_, i) => i * 31 - 77_777);
    const whole = ditheredInPieces(samples, samples.length);
    for (const pieceSamples of [1, 7, 1920]) expect(ditheredInPieces(samples, pieceSamples)).toEqual(whole);
  });

  it('draws the sequence it always drew', () => {
    expect([...ditheredInPieces(Int32Array.from([0, 100, -100, 5_000, -5_000, 77_777]), 6)]).toEqual([
      0, 0, 0, 20, -20, 304,
    ]);
  });
});
