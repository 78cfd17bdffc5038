import { CHANNELS } from '@bucket-radio/pcm';

const SCALE = 1 / 0x80_00_00;
const OVERSAMPLING = 4;
/** Samples that one interpolated value is made of. */
const TAPS = 24;
const KAISER_BETA = 7;
/** Between two samples that are both lower than this part of the block's highest, nothing higher is looked for. */
const WORTH_A_LOOK = 0.4;

/** The values a quarter, a half and three quarters of the way between two samples, as weights of the samples around. */
const PHASES: readonly Float64Array[] = [1, 2, 3].map((phase) => interpolator(phase / OVERSAMPLING));

/**
 * Peak of one channel between the samples, too: four times oversampled (ITU-R BS.1770-4, Annex 2). What is returned lags
 * by 12 samples.
 */
export class TruePeakMeter {
  #line = new Float64Array(0);

  /** Amplitude of the highest peak in these samples, 1 is full scale. @param samples interleaved */
  peak(samples: Int32Array, channel: number): number {
    const frames = samples.length / CHANNELS;
    const line = this.#advance(frames);
    let samplePeak = 0;
    for (let i = 0, at = TAPS; i < frames; i++, at++) {
      const value = (samples[i * CHANNELS + channel] as number) * SCALE;
      line[at] = value;
      const magnitude = Math.abs(value);
      if (magnitude > samplePeak) samplePeak = magnitude;
    }
    return this.#between(line, frames, samplePeak);
  }

  #between(line: Float64Array, frames: number, samplePeak: number): number {
    let peak = samplePeak;
    const floor = samplePeak * WORTH_A_LOOK;
    for (let start = 1; start <= frames; start++) {
      const middle = start + TAPS / 2 - 1;
      if (Math.abs(line[middle] as number) < floor && Math.abs(line[middle + 1] as number) < floor) continue;
      for (const phase of PHASES) {
        let value = 0;
        for (let tap = 0; tap < TAPS; tap++) value += (phase[tap] as number) * (line[start + tap] as number);
        if (value < 0) value = -value;
        if (value > peak) peak = value;
      }
    }
    return peak;
  }

  /** The last samples of the block before, and room for the next. */
  #advance(frames: number): Float64Array {
    const before = this.#line;
    const length = TAPS + frames;
    if (before.length === length) {
      before.copyWithin(0, length - TAPS);
      return before;
    }
    this.#line = new Float64Array(length);
    if (before.length >= TAPS) this.#line.set(before.subarray(before.length - TAPS));
    return this.#line;
  }
}

/** A windowed sinc for the point `offset` of the way from the middle's left sample to its right; sums to 1. */
function interpolator(offset: number): Float64Array {
  const weights = Float64Array.from({ length: TAPS }, (_, tap) => {
    const distance = tap - (TAPS / 2 - 1) - offset;
    return sinc(distance) * kaiser(distance / (TAPS / 2));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
}

/** Modified Bessel function of the first kind, order 0. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
