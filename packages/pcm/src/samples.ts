import { unpackS24le } from './bytes.ts';
import type { PcmBlock } from './flow.ts';

let latest: PcmBlock | undefined;
let samples = new Int32Array(0);

/**
 * The samples of a block as integers, interleaved: unpacked once, whichever stage asks first, and shared by all.
 * Valid until the samples of another block are asked for, so use them at once and keep none; never write to them.
 * (A new array for each block would be the largest allocation of the whole station.)
 */
export function samplesOf(block: PcmBlock): Int32Array {
  if (block === latest) return samples;
  const length = block.data.length / 3;
  if (samples.length !== length) samples = new Int32Array(length);
  latest = block;
  return unpackS24le(block.data, samples);
}
