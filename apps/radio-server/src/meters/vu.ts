import { CHANNELS, SAMPLE_RATE } from '@bucket-radio/pcm';

const SCALE = 1 / 0x80_00_00;
const STEP_FRAMES = SAMPLE_RATE / 200;
const STEP_SECONDS = STEP_FRAMES / SAMPLE_RATE;
/** A needle that is at 99 % after 300 ms and overshoots by 1 to 1.5 % (IEC 60268-17). */
const OMEGA = 13;
const DAMPING = 0.79;
/** The mean of a rectified sine is 2/π of its peak: the meter reads a sine's level. */
const SINE = Math.PI / 2;

/** The needle of a VU meter for one channel, scaled to full scale: a sine of −18 dBFS reads −18. */
export class VuMeter {
  #position = 0;
  #speed = 0;
  #sum = 0;
  #frames = 0;

  /** @param samples interleaved, 2²³ is full scale */
  add(samples: Int32Array, channel: number): void {
    for (let i = channel; i < samples.length; i += CHANNELS) {
      const sample = samples[i] as number;
      this.#sum += sample < 0 ? -sample : sample;
      this.#frames += 1;
      if (this.#frames === STEP_FRAMES) this.#step();
    }
  }

  /** Amplitude, 1 is full scale. */
  get amplitude(): number {
    return Math.max(0, this.#position);
  }

  #step(): void {
    const target = (this.#sum / STEP_FRAMES) * SCALE * SINE;
    const force = OMEGA * OMEGA * (target - this.#position) - 2 * DAMPING * OMEGA * this.#speed;
    this.#speed += force * STEP_SECONDS;
    this.#position += this.#speed * STEP_SECONDS;
    this.#sum = 0;
    this.#frames = 0;
  }
}
