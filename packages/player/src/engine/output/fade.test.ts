import { expect, it } from 'vitest';
import type { PcmBatch } from '../decode/decoder.ts';
import { crossFade, part } from './fade.ts';

const FRAMES = 4800;

function sound(sample: (i: number) => number): PcmBatch {
  const left = Float32Array.from({ length: FRAMES }, (_, i) => sample(i));
  return { left, right: left.map((value) => -value) };
}

function power(batch: PcmBatch, from: number, to: number): number {
  const { left } = part(batch, from, to);
  return left.reduce((sum, value) => sum + value ** 2, 0) / (to - from);
}

function faded(from: PcmBatch, to: PcmBatch): PcmBatch {
  const into = sound(() => 0);
  crossFade(from, to, into);
  return into;
}

it('leaves one sound as it is', () => {
  const same = sound((i) => Math.sin(i / 7));
  const out = faded(same, same);
  expect(out.left.every((value, i) => Math.abs(value - (same.left[i] as number)) < 1e-6)).toBe(true);
  expect(out.right.every((value, i) => Math.abs(value - (same.right[i] as number)) < 1e-6)).toBe(true);
});

it('goes from the one to the other, with equal power all the way, however alike they are', () => {
  const a = sound((i) => Math.sin(i / 7));
  const stranger = sound((i) => Math.sin(i / 3.1));
  const cousin = sound((i) => 0.8 * Math.sin(i / 7) + 0.6 * Math.sin(i / 3.1));
  for (const other of [stranger, cousin]) {
    const out = faded(a, other);
    for (let from = 0; from < FRAMES; from += 480) expect(power(out, from, from + 480)).toBeCloseTo(0.5, 1);
    expect(out.left[0]).toBeCloseTo(a.left[0] as number, 2);
    expect(out.left[FRAMES - 1]).toBeCloseTo(other.left[FRAMES - 1] as number, 2);
  }
});

it('fades to silence and to the opposite without a division by nothing', () => {
  const a = sound((i) => Math.sin(i / 7));
  for (const out of [
    faded(
      a,
      sound(() => 0),
    ),
    faded(a, { left: a.right, right: a.left }),
  ]) {
    expect(out.left.every((value) => Math.abs(value) <= 1)).toBe(true);
  }
});
