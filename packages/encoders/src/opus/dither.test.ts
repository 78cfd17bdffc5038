import { seededRandom } from '@bucket-radio/testing';
import { describe, expect, it } from 'vitest';
import { createTpdfDither } from './dither.ts';

const COUNT = 200_000;

/** Mean and mean square of the error, in units of the 16-bit LSB. */
function errorOf(sample: (i: number) => number): { mean: number; power: number } {
  const dither = createTpdfDither();
  let [sum, squares] = [0, 0];
  for (let i = 0; i < COUNT; i++) {
    const error = dither(sample(i)) - sample(i) / 256;
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
    const dither = createTpdfDither();
    for (let i = 0; i < 1000; i++) {
      expect(dither(0x7f_ff_ff)).toBeGreaterThanOrEqual(0x7f_fe);
      expect(dither(0x7f_ff_ff)).toBeLessThanOrEqual(0x7f_ff);
      expect(dither(-0x80_00_00)).toBeGreaterThanOrEqual(-0x80_00);
    }
  });

  it('repeats itself', () => {
    const [first, second] = [createTpdfDither(), createTpdfDither()];
    for (let i = 0; i < 1000; i++) expect(first(i * 31)).toBe(second(i * 31));
  });
});
