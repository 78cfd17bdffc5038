import { unpackS24le } from '@bucket-radio/pcm';
import { describe, expect, test } from 'vitest';
import { renderDemo } from './render.ts';

const SECOND = 48_000;

function concat(pieces: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

describe('the demo music', () => {
  test.each([0, 7 * SECOND + 13, 30 * 86_400 * SECOND + 1])('is the same however it is cut, from frame %i', (start) => {
    const whole = renderDemo(start, SECOND);
    const pieces: Uint8Array[] = [];
    for (let at = 0, size = 1; at < SECOND; at += size, size = ((size * 7) % 4001) + 1) {
      pieces.push(renderDemo(start + at, Math.min(size, SECOND - at)));
    }
    expect(Buffer.compare(concat(pieces), whole)).toBe(0);
  });

  test('is never silent, never near full scale, free of DC and of clicks', { timeout: 30_000 }, () => {
    const seconds = 16;
    let previous = unpackS24le(renderDemo(0, 1));
    let sum = 0;
    let largest = 0;
    let steepest = 0;
    for (let second = 0; second < seconds; second++) {
      const samples = unpackS24le(renderDemo(second * SECOND, SECOND));
      let power = 0;
      for (let i = 0; i < samples.length; i++) {
        const value = samples[i]! / 2 ** 23;
        const before = (i < 2 ? previous[previous.length - 2 + i]! : samples[i - 2]!) / 2 ** 23;
        sum += value;
        power += value * value;
        largest = Math.max(largest, Math.abs(value));
        steepest = Math.max(steepest, Math.abs(value - before));
      }
      expect(Math.sqrt(power / samples.length)).toBeGreaterThan(0.01);
      previous = samples;
    }
    expect(Math.abs(sum / (seconds * SECOND * 2))).toBeLessThan(1e-4);
    expect(largest).toBeLessThan(10 ** (-3 / 20));
    expect(largest).toBeGreaterThan(0.2);
    expect(steepest).toBeLessThan(0.08);
  });

  test('is real 24-bit stereo: the lowest bits are used and the channels differ', () => {
    const samples = unpackS24le(renderDemo(10 * SECOND, SECOND));
    const lowBytes = new Set(samples.map((value) => value & 0xff));
    expect(lowBytes.size).toBe(256);
    const different = samples.filter((value, index) => index % 2 === 1 && value !== samples[index - 1]);
    expect(different.length).toBeGreaterThan(0.9 * SECOND);
  });
});
