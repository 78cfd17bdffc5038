import { FADE_FRAMES } from '../output/protocol.ts';
import type { PcmBatch } from './decoder.ts';

/** Frames that go to the audio thread at once: 0.2 s. */
export const CHUNK_FRAMES = 9600;

/** Sound with its place on the timeline. */
export interface PlacedPcm extends PcmBatch {
  /** Station frame of the first sample. */
  readonly frame: number;
  /** The same sound just before `frame`, to fade to it from another rendition. */
  readonly lead?: PcmBatch | undefined;
  /** What the other rendition, which ends at `frame`, might have gone on with, to fade from it. */
  readonly tail?: PcmBatch | undefined;
}

/** Gathers decoder output into chunks for the audio thread, and leaves out what lies before `startFrame`. */
export class ChunkAssembler {
  readonly #write: (pcm: PlacedPcm) => void;
  readonly #startFrame: number;
  #left: Float32Array<ArrayBuffer> = new Float32Array(CHUNK_FRAMES);
  #right: Float32Array<ArrayBuffer> = new Float32Array(CHUNK_FRAMES);
  #filled = 0;
  /** Station frame of the next sample that arrives. */
  #frame: number;
  #lead: PcmBatch | undefined;

  constructor(position: number, startFrame: number, write: (pcm: PlacedPcm) => void) {
    this.#frame = position;
    this.#startFrame = startFrame;
    this.#write = write;
  }

  /** Station frame of the next sample to be handed on. */
  get frame(): number {
    return Math.max(this.#frame - this.#filled, this.#startFrame);
  }

  /** Takes sound that lies before the first frame: the end of `batch`, or of its first `count` frames, is the lead. */
  before({ left, right }: PcmBatch, count: number = left.length): void {
    const from = Math.max(0, count - FADE_FRAMES);
    this.#lead = { left: left.slice(from, count), right: right.slice(from, count) };
  }

  push(batch: PcmBatch): void {
    const { left, right } = batch;
    let from = Math.min(left.length, Math.max(0, this.#startFrame - this.#frame));
    if (from > 0) this.before(batch, from);
    this.#frame += from;
    while (from < left.length) {
      const count = Math.min(left.length - from, CHUNK_FRAMES - this.#filled);
      this.#left.set(left.subarray(from, from + count), this.#filled);
      this.#right.set(right.subarray(from, from + count), this.#filled);
      this.#filled += count;
      this.#frame += count;
      from += count;
      if (this.#filled === CHUNK_FRAMES) this.flush();
    }
  }

  /** Hands over what is there. Call at the end of a segment. */
  flush(): void {
    if (this.#filled === 0) return;
    const whole = this.#filled === CHUNK_FRAMES;
    const left = whole ? this.#left : this.#left.slice(0, this.#filled);
    const right = whole ? this.#right : this.#right.slice(0, this.#filled);
    const frame = this.#frame - this.#filled;
    this.#left = new Float32Array(CHUNK_FRAMES);
    this.#right = new Float32Array(CHUNK_FRAMES);
    this.#filled = 0;
    const lead = this.#lead;
    this.#lead = undefined;
    this.#write({ frame, left, right, lead });
  }
}
