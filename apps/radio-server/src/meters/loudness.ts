import { CHANNELS, SAMPLE_RATE } from '@bucket-radio/pcm';
import { energyToLufs } from './decibels.ts';
import { KWeighting } from './k-weighting.ts';
import { LoudnessHistogram } from './loudness-histogram.ts';

/** Loudness by ITU-R BS.1770-4 and EBU R 128, in LUFS (range in LU). Digital silence is −150. */
export interface Loudness {
  /** Of the last 400 ms. */
  readonly momentary: number;
  /** Of the last 3 s. */
  readonly shortTerm: number;
  /** Since the start or the last reset, without what the two gates take out. */
  readonly integrated: number;
  /** Loudness range (EBU Tech 3342): how far loud and quiet passages lie apart. */
  readonly range: number;
}

const HOP_FRAMES = SAMPLE_RATE / 10;
const MOMENTARY_HOPS = 4;
const SHORT_TERM_HOPS = 30;
const INTEGRATED_GATE_LU = -10;
const RANGE_GATE_LU = -20;
const RANGE_LOW = 0.1;
const RANGE_HIGH = 0.95;

/** Measures loudness over any length of time in the same memory. */
export class LoudnessMeter {
  readonly #weighting = Array.from({ length: CHANNELS }, () => new KWeighting());
  /** Mean square of the last 3 s, both channels together, in hops of 100 ms. */
  readonly #hops = new Float64Array(SHORT_TERM_HOPS);
  #hopCount = 0;
  #squares = 0;
  #hopFrames = 0;
  #momentary = 0;
  #shortTerm = 0;
  #gated = new LoudnessHistogram();
  #ranged = new LoudnessHistogram();

  /** @param samples interleaved stereo of which 2²³ is full scale */
  add(samples: Int32Array): void {
    const frames = samples.length / CHANNELS;
    for (let from = 0; from < frames; ) {
      const to = Math.min(frames, from + HOP_FRAMES - this.#hopFrames);
      for (const [channel, weighting] of this.#weighting.entries()) {
        this.#squares += weighting.squares(samples, channel, from, to);
      }
      this.#hopFrames += to - from;
      from = to;
      if (this.#hopFrames === HOP_FRAMES) this.#endHop();
    }
  }

  get loudness(): Loudness {
    return {
      momentary: energyToLufs(this.#momentary),
      shortTerm: energyToLufs(this.#shortTerm),
      integrated: energyToLufs(this.#gated.meanAbove(INTEGRATED_GATE_LU)),
      range: this.#ranged.spread(RANGE_GATE_LU, RANGE_LOW, RANGE_HIGH),
    };
  }

  /** Integrated loudness and range start again; momentary and short-term go on. */
  reset(): void {
    this.#gated = new LoudnessHistogram();
    this.#ranged = new LoudnessHistogram();
  }

  #endHop(): void {
    this.#hops[this.#hopCount % SHORT_TERM_HOPS] = this.#squares / HOP_FRAMES;
    this.#hopCount += 1;
    this.#squares = 0;
    this.#hopFrames = 0;
    this.#momentary = this.#meanOf(MOMENTARY_HOPS);
    this.#shortTerm = this.#meanOf(SHORT_TERM_HOPS);
    if (this.#hopCount >= MOMENTARY_HOPS) this.#gated.add(this.#momentary);
    if (this.#hopCount >= SHORT_TERM_HOPS) this.#ranged.add(this.#shortTerm);
  }

  /** 0 until there is that much. */
  #meanOf(hops: number): number {
    if (this.#hopCount < hops) return 0;
    let sum = 0;
    for (let i = 1; i <= hops; i++) sum += this.#hops[(this.#hopCount - i) % SHORT_TERM_HOPS] as number;
    return sum / hops;
  }
}
