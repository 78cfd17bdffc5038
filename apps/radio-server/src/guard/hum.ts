import { CHANNELS, SAMPLE_RATE } from '@bucket-radio/pcm';
import { amplitudeDb } from '../meters/decibels.ts';

const SCALE = 1 / 0x80_00_00;
const DECIMATION = 24;
const RATE = SAMPLE_RATE / DECIMATION;
/** A low-pass that is zero around every multiple of the lower rate: nothing folds onto a mains frequency. */
const KERNEL: Float64Array = cubedBox(DECIMATION);
const WINDOW_SECONDS = 2;
const WINDOW = RATE * WINDOW_SECONDS;
const MAINS_HZ = [50, 60] as const;
const HARMONICS = [1, 2, 3] as const;
/** Where there is no hum: as far from a mains line as its own window lets through nothing. */
const BESIDE_HZ = [-5, -3, 3, 5] as const;
/** A line must stand this far above what is beside it. */
const PROMINENCE_DB = 14;
const HARMONICS_NEEDED = 2;
/** The strongest line at least this loud, in dBFS. */
const AUDIBLE_DBFS = -72;
/** Mains does not swell: over the last seconds the strongest line stays within this. */
const STEADY_DB = 3;
const STEADY_SECONDS = 6;

export interface Hum {
  readonly hz: (typeof MAINS_HZ)[number];
  /** Of the strongest line. */
  readonly dbfs: number;
}

/** Finds the mains in one channel: steady lines at 50 or 60 Hz and their harmonics. */
export class HumDetector {
  readonly #line = new Float64Array(WINDOW);
  readonly #recent = new Map<number, number[]>();
  /** Samples that the low-pass still needs, and the new ones behind them. */
  #input = new Float64Array(KERNEL.length - 1);
  #filled = 0;

  /** @param samples interleaved, a multiple of 24 frames but for the last */
  add(samples: Int32Array, channel: number): void {
    const frames = samples.length / CHANNELS;
    const input = this.#advance(frames);
    for (let i = 0, at = KERNEL.length - 1; i < frames; i++, at++) {
      input[at] = (samples[i * CHANNELS + channel] as number) * SCALE;
    }
    for (let from = 0; from + DECIMATION <= frames; from += DECIMATION) {
      let value = 0;
      for (let tap = 0; tap < KERNEL.length; tap++) value += (KERNEL[tap] as number) * (input[from + tap] as number);
      this.#line[this.#filled % WINDOW] = value;
      this.#filled += 1;
    }
  }

  #advance(frames: number): Float64Array {
    const before = this.#input;
    const kept = KERNEL.length - 1;
    if (before.length === kept + frames) {
      before.copyWithin(0, frames);
      return before;
    }
    this.#input = new Float64Array(kept + frames);
    this.#input.set(before.subarray(before.length - kept));
    return this.#input;
  }

  /** Looks at the last two seconds; ask once a second. */
  look(): Hum | undefined {
    if (this.#filled < WINDOW) return undefined;
    const window = this.#windowed();
    const found = MAINS_HZ.map((hz) => this.#lookFor(hz, window)).filter((hum) => hum !== undefined);
    return found.sort((a, b) => b.dbfs - a.dbfs)[0];
  }

  #lookFor(hz: (typeof MAINS_HZ)[number], window: Float64Array): Hum | undefined {
    const lines = HARMONICS.map((harmonic) => {
      const dbfs = lineDb(window, hz * harmonic);
      const beside = Math.max(...BESIDE_HZ.map((away) => lineDb(window, hz * harmonic + away)));
      return { dbfs, prominent: dbfs - beside >= PROMINENCE_DB };
    });
    const prominent = lines.filter((line) => line.prominent);
    const strongest = Math.max(...prominent.map(({ dbfs }) => dbfs));
    const stands = prominent.length >= HARMONICS_NEEDED && strongest >= AUDIBLE_DBFS;
    const recent = [...(this.#recent.get(hz) ?? []), stands ? strongest : Number.NEGATIVE_INFINITY].slice(
      -STEADY_SECONDS,
    );
    this.#recent.set(hz, recent);
    const steady = recent.length === STEADY_SECONDS && Math.max(...recent) - Math.min(...recent) <= STEADY_DB;
    return stands && steady ? { hz, dbfs: strongest } : undefined;
  }

  #windowed(): Float64Array {
    const start = this.#filled % WINDOW;
    return Float64Array.from({ length: WINDOW }, (_, i) => {
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW);
      return hann * (this.#line[(start + i) % WINDOW] as number);
    });
  }
}

/** Level of a line (Goertzel), as that of a sine. */
function lineDb(window: Float64Array, hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / RATE);
  let [s1, s2] = [0, 0];
  for (const value of window) {
    const s0 = value + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  const power = Math.max(0, s1 * s1 + s2 * s2 - coefficient * s1 * s2);
  // Hann lets half through, a real line has half its power at the negative frequency.
  return amplitudeDb((4 * Math.sqrt(power)) / WINDOW);
}

/** Three running means of `length`, one after the other, as one kernel. */
function cubedBox(length: number): Float64Array {
  const box = Array.from({ length }, () => 1 / length);
  return Float64Array.from(convolve(convolve(box, box), box));
}

function convolve(a: readonly number[], b: readonly number[]): number[] {
  const out = Array.from({ length: a.length + b.length - 1 }, () => 0);
  for (const [i, x] of a.entries()) for (const [j, y] of b.entries()) out[i + j] = (out[i + j] as number) + x * y;
  return out;
}
