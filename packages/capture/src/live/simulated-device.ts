import { seededRandom } from '@bucket-radio/testing';

/** How a simulated source behaves. Times in milliseconds. */
export interface SimulatedDevice {
  readonly seed: number;
  /** Its clock against the observer's. */
  readonly ppm: number;
  /** Frames per read. */
  readonly periodFrames: number;
  /** Chance that a read is 1 to 40 ms late, as on a busy machine. */
  readonly lateChance?: number;
  /** How late every read is on average because something else is running. Default: 0.15, an idle machine. */
  readonly busyMs?: number;
  /** Chance that the reader is frozen before a read, for up to this long; everything is buffered meanwhile. */
  readonly freezeChance?: number;
  readonly freezeMs?: number;
}

/** One read: the frames arrived at `atMs`; `lost` frames are missing before them. */
export interface SimulatedRead {
  readonly atMs: number;
  readonly frames: number;
}

/**
 * The reads of a device that delivers `periodFrames` whenever they are complete. Frames pass at the device's own rate;
 * `lose` drops frames at the device, so that everything after them comes later, as an overrun does.
 */
export class DeviceSimulation {
  readonly #device: SimulatedDevice;
  readonly #random: () => number;
  readonly #msPerFrame: number;
  /** Frames of the device's clock, lost ones included. */
  #clockFrames = 0;
  #lastMs = 0;
  #frozenUntilMs = 0;

  constructor(device: SimulatedDevice) {
    this.#device = device;
    this.#random = seededRandom(device.seed);
    this.#msPerFrame = 1000 / (48_000 * (1 + device.ppm * 1e-6));
  }

  /** Monotonic time of the device's present, without any delay of the reader. */
  get nowMs(): number {
    return this.#clockFrames * this.#msPerFrame;
  }

  lose(frames: number): void {
    this.#clockFrames += frames;
  }

  read(): SimulatedRead {
    const { periodFrames, lateChance = 0.02, busyMs = 0.15, freezeChance = 0, freezeMs = 0 } = this.#device;
    this.#clockFrames += periodFrames;
    // Waking up takes a little while, always; more on a busy machine, now and then.
    let delayMs = 0.05 - busyMs * Math.log(1 - this.#random());
    if (this.#random() < lateChance) delayMs += 1 + 39 * this.#random();
    if (this.#random() < freezeChance) this.#frozenUntilMs = this.nowMs + freezeMs * this.#random();
    // A reader that was frozen reads its backlog piece by piece.
    const atMs = Math.max(this.nowMs + delayMs, this.#frozenUntilMs, this.#lastMs + 0.05);
    this.#lastMs = atMs;
    return { atMs, frames: periodFrames };
  }
}
