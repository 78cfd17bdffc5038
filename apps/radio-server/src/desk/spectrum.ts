import { CHANNELS, SAMPLE_RATE } from '@bucket-radio/pcm';
import { FLOOR_DB } from '../meters/decibels.ts';
import { fft } from '../verify/fft.ts';

const SIZE = 4096;
const LOWEST_HZ = 31.5;
const BANDS = 28;
/** A third of an octave each, up to 16 kHz. */
export const BAND_HZ: readonly number[] = Array.from({ length: BANDS }, (_, i) => LOWEST_HZ * 2 ** (i / 3));

/** The spectrum of the last 85 ms, both channels together, computed only when somebody looks. */
export class Spectrum {
  readonly #line = new Float64Array(SIZE);
  #at = 0;

  /** @param samples interleaved */
  add(samples: Int32Array): void {
    for (let i = 0; i < samples.length; i += CHANNELS) {
      this.#line[this.#at] = ((samples[i] as number) + (samples[i + 1] as number)) / 2 ** 24;
      this.#at = (this.#at + 1) % SIZE;
    }
  }

  /** Level of each band in dBFS, whole numbers. */
  bands(): readonly number[] {
    const re = Float64Array.from({ length: SIZE }, (_, i) => {
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE);
      return hann * (this.#line[(this.#at + i) % SIZE] as number);
    });
    const im = new Float64Array(SIZE);
    fft(re, im);
    return BAND_HZ.map((hz) => {
      const first = Math.max(1, Math.floor((hz * 2 ** (-1 / 6) * SIZE) / SAMPLE_RATE));
      const last = Math.max(first, Math.floor((hz * 2 ** (1 / 6) * SIZE) / SAMPLE_RATE));
      let power = 0;
      for (let bin = first; bin <= last; bin++) power += (re[bin] as number) ** 2 + (im[bin] as number) ** 2;
      // A full-scale sine, whose power a Hann window spreads over 1.5 bins, reads 0.
      return power === 0 ? FLOOR_DB : Math.round(Math.max(FLOOR_DB, 10 * Math.log10(power / 1.5 / (SIZE / 4) ** 2)));
    });
  }
}
