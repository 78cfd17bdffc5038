import { slope } from '@bucket-radio/testing/statistics';
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
  const perHour = slope(settled.map((sample) => [sample.seconds / 3600, sample[measure]]));
  return { perHour, first, last, most: Math.max(...values) };
}
