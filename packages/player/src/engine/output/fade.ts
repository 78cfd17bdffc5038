import type { PcmBatch } from '../decode/decoder.ts';

/** The frames `[from, to)` of a sound, not copied. */
export function part({ left, right }: PcmBatch, from: number, to: number): PcmBatch {
  return { left: left.subarray(from, to), right: right.subarray(from, to) };
}

/**
 * Fades from one sound to another of the same length; `into` may be either. Power stays equal whatever the two have in
 * common: the gains of a quarter circle are right for strangers, and 3 dB too loud in the middle for one sound in two
 * encodings, so they are divided by what the measured likeness adds.
 */
export function crossFade(from: PcmBatch, to: PcmBatch, into: PcmBatch): void {
  const { length } = to.left;
  const likeness = likenessOf(from, to);
  for (let i = 0; i < length; i++) {
    const angle = ((i + 0.5) / length) * (Math.PI / 2);
    const falling = Math.cos(angle);
    const rising = Math.sin(angle);
    const scale = 1 / Math.sqrt(1 + 2 * likeness * falling * rising);
    for (const channel of ['left', 'right'] as const) {
      const sum = (from[channel][i] as number) * falling + (to[channel][i] as number) * rising;
      into[channel][i] = sum * scale;
    }
  }
}

/** 0 (nothing in common, or opposed) to 1 (the same but for the volume). */
function likenessOf(a: PcmBatch, b: PcmBatch): number {
  const ab = product(a.left, b.left) + product(a.right, b.right);
  const aa = product(a.left, a.left) + product(a.right, a.right);
  const bb = product(b.left, b.left) + product(b.right, b.right);
  return ab > 0 ? Math.min(1, ab / Math.sqrt(aa * bb)) : 0;
}

function product(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}
