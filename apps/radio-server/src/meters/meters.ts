import { CHANNELS, type PcmBlock, samplesOf } from '@bucket-radio/pcm';
import type { Levels } from '../status.ts';
import { amplitudeDb } from './decibels.ts';
import { LoudnessMeter } from './loudness.ts';
import { TruePeakMeter } from './true-peak.ts';
import { VuMeter } from './vu.ts';

const SCALE = 1 / 0x80_00_00;
type Stereo = [left: number, right: number];

/** Everything the operator's meters show, measured block by block. */
export class Meters {
  readonly #loudness = new LoudnessMeter();
  readonly #truePeaks = [new TruePeakMeter(), new TruePeakMeter()] as const;
  readonly #vu = [new VuMeter(), new VuMeter()] as const;
  #peak: Stereo = [0, 0];
  #squares: Stereo = [0, 0];
  #frames = 0;
  #maxPeak: Stereo = [0, 0];

  add(block: PcmBlock): void {
    const samples = samplesOf(block);
    this.#loudness.add(samples);
    for (const channel of [0, 1] as const) {
      const peak = this.#truePeaks[channel].peak(samples, channel);
      this.#peak[channel] = Math.max(this.#peak[channel], peak);
      this.#maxPeak[channel] = Math.max(this.#maxPeak[channel], peak);
      this.#vu[channel].add(samples, channel);
      this.#squares[channel] += sumOfSquares(samples, channel);
    }
    this.#frames += block.frames;
  }

  /** True peak and RMS since the last call; VU and loudness as they stand. */
  take(): Levels {
    const frames = Math.max(1, this.#frames);
    const levels: Levels = {
      peakDbfs: inDb(this.#peak),
      rmsDbfs: inDb([Math.sqrt(this.#squares[0] / frames), Math.sqrt(this.#squares[1] / frames)]),
      vuDbfs: inDb([this.#vu[0].amplitude, this.#vu[1].amplitude]),
      maxPeakDbfs: inDb(this.#maxPeak),
      loudness: this.#loudness.loudness,
    };
    this.#peak = [0, 0];
    this.#squares = [0, 0];
    this.#frames = 0;
    return levels;
  }

  /** Integrated loudness, its range and the highest peak start again. */
  reset(): void {
    this.#loudness.reset();
    this.#maxPeak = [0, 0];
  }
}

function inDb([left, right]: Readonly<Stereo>): Stereo {
  return [amplitudeDb(left), amplitudeDb(right)];
}

function sumOfSquares(samples: Int32Array, channel: number): number {
  let squares = 0;
  for (let i = channel; i < samples.length; i += CHANNELS) {
    const sample = (samples[i] as number) * SCALE;
    squares += sample * sample;
  }
  return squares;
}
