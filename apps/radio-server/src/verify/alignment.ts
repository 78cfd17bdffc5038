import { CHANNELS } from '@bucket-radio/pcm';
import { fft } from './fft.ts';

/** Frames of the loudest stretch that is compared: 1.37 s. */
const STRETCH_FRAMES = 65_536;
/** Furthest shift that is looked for, in frames: 5 Opus packets, 100 ms. */
export const MAX_LAG_FRAMES = 4800;
/** Below this level of the loudest stretch (dBFS, RMS), Opus's 16-bit dither may hide the programme: not decided. */
export const QUIET_DBFS = -72;
/** Where nothing correlates better than this, the programme is noise to Opus: not decided. */
export const NOISE_CORRELATION = 0.1;
/** Another lag that correlates this well, relative to the best: the programme repeats itself (a test tone), not decided. */
export const PERIODIC_RATIO = 0.99;
/** Lags this close to the best one belong to the same peak. */
const PEAK_FRAMES = 48;
/** Lag 0, though not the best, correlates this well and belongs to the same peak: bass alone, not decided. */
const FLAT_RATIO = 0.995;

/** Where `lq` lies on `hq`: its lag in frames (0 is right), or why that cannot be told. */
export type Alignment =
  | { readonly decided: true; readonly lag: number; readonly correlation: number }
  | { readonly decided: false; readonly reason: 'quiet' | 'noise' | 'periodic' | 'flat'; readonly correlation: number };

/**
 * Finds the lag of the correlation peak between two renditions of the same frames.
 * @param hq interleaved 24-bit samples
 * @param lq interleaved 16-bit samples, as many frames
 */
export function measureAlignment(hq: Int32Array, lq: Int16Array): Alignment {
  const frames = Math.min(hq.length, lq.length) / CHANNELS;
  const length = Math.min(STRETCH_FRAMES, frames);
  const from = loudestStretch(hq, frames, length);
  const source = mono(hq, from, length, 2 ** -23);
  const other = mono(lq, from, length, 2 ** -15);
  const level = 10 * Math.log10(source.energy / length + Number.MIN_VALUE);
  if (level < QUIET_DBFS || other.energy === 0) return { decided: false, reason: 'quiet', correlation: 0 };
  const correlation = correlate(source.samples, other.samples, Math.sqrt(source.energy * other.energy));
  return judge(correlation, length);
}

/** Both channels in one, unequally, so that opposite channels do not cancel; without its mean, so that DC does not count. */
function mono(samples: Int32Array | Int16Array, from: number, length: number, scale: number) {
  const out = new Float64Array(length);
  let sum = 0;
  for (let frame = 0; frame < length; frame++) {
    const at = (from + frame) * CHANNELS;
    const value = scale * (0.6 * (samples[at] as number) + 0.4 * (samples[at + 1] as number));
    out[frame] = value;
    sum += value;
  }
  let energy = 0;
  for (let frame = 0; frame < length; frame++) {
    const value = (out[frame] as number) - sum / length;
    out[frame] = value;
    energy += value * value;
  }
  return { samples: out, energy };
}

function loudestStretch(hq: Int32Array, frames: number, length: number): number {
  let [best, bestFrom] = [-1, 0];
  for (let from = 0; from + length <= frames; from += length >> 1) {
    let energy = 0;
    // Every seventh sample is enough to compare levels, and visits both channels.
    for (let i = from * CHANNELS; i < (from + length) * CHANNELS; i += 7) energy += (hq[i] as number) ** 2;
    if (energy > best) [best, bestFrom] = [energy, from];
  }
  return bestFrom;
}

/** Normalised correlation for lags −MAX_LAG_FRAMES … MAX_LAG_FRAMES: by FFT, both real signals in one transform. */
function correlate(a: Float64Array, b: Float64Array, norm: number): Float64Array {
  let size = 1;
  while (size < a.length + MAX_LAG_FRAMES) size *= 2;
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  re.set(a);
  im.set(b);
  fft(re, im);
  const [crossRe, crossIm] = [new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < size; k++) {
    const m = (size - k) % size;
    const [zr, zi, yr, yi] = [re[k] as number, im[k] as number, re[m] as number, im[m] as number];
    const [ar, ai] = [(zr + yr) / 2, (zi - yi) / 2];
    const [br, bi] = [(zi + yi) / 2, (yr - zr) / 2];
    // conj(A)·B, negated in its imaginary part: the forward transform then inverts.
    crossRe[k] = ar * br + ai * bi;
    crossIm[k] = -(ar * bi - ai * br);
  }
  fft(crossRe, crossIm);
  const out = new Float64Array(2 * MAX_LAG_FRAMES + 1);
  for (let lag = -MAX_LAG_FRAMES; lag <= MAX_LAG_FRAMES; lag++) {
    out[lag + MAX_LAG_FRAMES] = (crossRe[(lag + size) % size] as number) / size / norm;
  }
  return out;
}

function judge(correlation: Float64Array, length: number): Alignment {
  let best = 0;
  for (let i = 1; i < correlation.length; i++) if ((correlation[i] as number) > (correlation[best] as number)) best = i;
  const peak = correlation[best] as number;
  if (peak < NOISE_CORRELATION) return { decided: false, reason: 'noise', correlation: peak };
  // Fewer frames overlap at a larger lag, which alone lowers the correlation of a signal that repeats itself.
  const full = (i: number): number => ((correlation[i] as number) * length) / (length - Math.abs(i - MAX_LAG_FRAMES));
  for (let i = 0; i < correlation.length; i++) {
    if (Math.abs(i - best) > PEAK_FRAMES && full(i) >= PERIODIC_RATIO * full(best)) {
      return { decided: false, reason: 'periodic', correlation: peak };
    }
  }
  const offset = Math.abs(best - MAX_LAG_FRAMES);
  if (offset > 0 && offset <= PEAK_FRAMES && (correlation[MAX_LAG_FRAMES] as number) >= FLAT_RATIO * peak) {
    return { decided: false, reason: 'flat', correlation: peak };
  }
  return { decided: true, lag: best - MAX_LAG_FRAMES, correlation: peak };
}
