import type { Measure, SoakSample } from './sample.ts';

/** Caches fill and the compiler works at first; that is no leak. */
const WARM_UP_SHARE = 1 / 3;

export interface Slope {
  /** Of the straight line through the samples after the warm-up, by least squares. */
  readonly perHour: number;
  readonly first: number;
  readonly last: number;
  readonly most: number;
}

/** How a measure changes over a soak. @throws RangeError without two samples after the warm-up */
export function slopeOf(samples: readonly SoakSample[], measure: Measure): Slope {
  const end = samples.at(-1)?.seconds ?? 0;
  const settled = samples.filter(({ seconds }) => seconds >= end * WARM_UP_SHARE);
  const values = settled.map((sample) => sample[measure]);
  const [first] = values;
  const last = values.at(-1);
  if (first === undefined || last === undefined || settled.length < 2) throw new RangeError('too few samples');
  const meanTime = settled.reduce((sum, { seconds }) => sum + seconds, 0) / settled.length;
  const meanValue = values.reduce((sum, value) => sum + value, 0) / values.length;
  let above = 0;
  let below = 0;
  for (const sample of settled) {
    above += (sample.seconds - meanTime) * (sample[measure] - meanValue);
    below += (sample.seconds - meanTime) ** 2;
  }
  return { perHour: (above / below) * 3600, first, last, most: Math.max(...values) };
}
