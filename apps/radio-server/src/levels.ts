import { type PcmBlock, samplesOf } from '@bucket-radio/pcm';
import type { Levels } from './status.ts';

const SCALE = 1 / 0x80_00_00;
/** Below the noise of 24 bit: stands for digital silence, which JSON cannot say as −Infinity. */
const FLOOR_DBFS = -150;

function dbfs(amplitude: number): number {
  return amplitude <= 0 ? FLOOR_DBFS : Math.max(FLOOR_DBFS, 20 * Math.log10(amplitude));
}

/** Sample peak and RMS of the last blocks, per channel. */
export class LevelMeter {
  #peak: [number, number] = [0, 0];
  #squares: [number, number] = [0, 0];
  #frames = 0;

  add(block: PcmBlock): void {
    const samples = samplesOf(block);
    for (const channel of [0, 1] as const) {
      let peak = 0;
      let squares = 0;
      for (let i = channel; i < samples.length; i += 2) {
        const sample = samples[i] as number;
        const magnitude = sample < 0 ? -sample : sample;
        if (magnitude > peak) peak = magnitude;
        squares += sample * sample;
      }
      this.#peak[channel] = Math.max(this.#peak[channel], peak * SCALE);
      this.#squares[channel] += squares * SCALE * SCALE;
    }
    this.#frames += block.frames;
  }

  /** Levels since the last call. */
  take(): Levels {
    const frames = Math.max(1, this.#frames);
    const levels: Levels = {
      peakDbfs: [dbfs(this.#peak[0]), dbfs(this.#peak[1])],
      rmsDbfs: [dbfs(Math.sqrt(this.#squares[0] / frames)), dbfs(Math.sqrt(this.#squares[1] / frames))],
    };
    this.#peak = [0, 0];
    this.#squares = [0, 0];
    this.#frames = 0;
    return levels;
  }
}
