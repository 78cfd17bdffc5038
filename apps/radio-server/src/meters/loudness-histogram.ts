import { energyToLufs } from './decibels.ts';

/** What is quieter counts nowhere (BS.1770's absolute gate). */
const ABSOLUTE_GATE_LUFS = -70;
const TOP_LUFS = 10;
const BINS_PER_LU = 100;
const BINS = (TOP_LUFS - ABSOLUTE_GATE_LUFS) * BINS_PER_LU;

/**
 * Every value of a programme in bins of 0.01 LU, so that a month takes as much memory as a minute. Each bin also keeps
 * the sum of what fell into it: means are exact but for the bin that a gate cuts.
 */
export class LoudnessHistogram {
  readonly #counts = new Float64Array(BINS);
  readonly #sums = new Float64Array(BINS);
  #count = 0;
  #sum = 0;

  add(energy: number): void {
    const lufs = energyToLufs(energy);
    if (lufs < ABSOLUTE_GATE_LUFS) return;
    const bin = binOf(lufs);
    this.#counts[bin] = (this.#counts[bin] as number) + 1;
    this.#sums[bin] = (this.#sums[bin] as number) + energy;
    this.#count += 1;
    this.#sum += energy;
  }

  /** Mean energy of what is not more than `gateLu` (negative) below the mean of all; 0 when there is nothing. */
  meanAbove(gateLu: number): number {
    let [count, sum] = [0, 0];
    for (let bin = this.#gateBin(gateLu); bin < BINS; bin++) {
      count += this.#counts[bin] as number;
      sum += this.#sums[bin] as number;
    }
    return count === 0 ? 0 : sum / count;
  }

  /** Distance in LU between two percentiles (the nearest rank) of what is above the gate. */
  spread(gateLu: number, low: number, high: number): number {
    const first = this.#gateBin(gateLu);
    let count = 0;
    for (let bin = first; bin < BINS; bin++) count += this.#counts[bin] as number;
    if (count === 0) return 0;
    const rank = (part: number): number => Math.max(1, Math.floor(count * part + 0.5));
    return this.#percentile(first, rank(high)) - this.#percentile(first, rank(low));
  }

  #gateBin(gateLu: number): number {
    if (this.#count === 0) return 0;
    return binOf(energyToLufs((this.#sum / this.#count) * 10 ** (gateLu / 10)));
  }

  #percentile(first: number, rank: number): number {
    let seen = 0;
    for (let bin = first; bin < BINS; bin++) {
      seen += this.#counts[bin] as number;
      if (seen >= rank) return ABSOLUTE_GATE_LUFS + bin / BINS_PER_LU;
    }
    return TOP_LUFS;
  }
}

function binOf(lufs: number): number {
  return Math.min(BINS - 1, Math.max(0, Math.floor((lufs - ABSOLUTE_GATE_LUFS) * BINS_PER_LU)));
}
