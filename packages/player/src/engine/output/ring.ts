import type { PcmBatch } from '../decode/decoder.ts';
import { crossFade, part } from './fade.ts';
import { type ChunkMessage, FADE_FRAMES, type RingState, START_FRAMES } from './protocol.ts';

/** Consumed chunks are forgotten in batches of this many. */
const COMPACT_AT = 64;

/**
 * The queue between decoder and sound card. `render` runs on the audio thread: it allocates nothing.
 *
 * Samples pass through unchanged, with three exceptions of {@link FADE_FRAMES} each: a fade-in where sound starts, the
 * decay of the last sample where sound ends, and both at once where the timeline jumps. So the first bit-exact frame
 * after a start is the first rendered frame + FADE_FRAMES. A chunk with a lead or a
 * tail, where the rendition changes, fades in over what comes before it.
 */
export class PcmRing {
  state: RingState = 'idle';
  underruns = 0;
  stream = 0;
  /** Station frame that the next `render` starts with. */
  frame = 0;
  bufferedFrames = 0;
  /** Frames rendered or dropped since the ring was made. */
  consumedFrames = 0;

  #chunks: ChunkMessage[] = [];
  #head = 0;
  /** Frames of the head chunk already rendered. */
  #offset = 0;
  #fadeIn = FADE_FRAMES;
  #tail = FADE_FRAMES;
  /** Index in the output at which the tail goes on. */
  #tailAt = 0;
  #tailLeft = 0;
  #tailRight = 0;
  #lastLeft = 0;
  #lastRight = 0;

  push(chunk: ChunkMessage): void {
    if (chunk.left.length === 0) return;
    if (this.#head >= COMPACT_AT) {
      this.#chunks.splice(0, this.#head);
      this.#head = 0;
    }
    if (chunk.lead !== undefined) this.#fadeTo(chunk, chunk.lead);
    else if (chunk.tail !== undefined) fadeFrom(chunk.tail, chunk);
    this.#chunks.push(chunk);
    this.bufferedFrames += chunk.left.length;
    if (this.state !== 'playing' && this.bufferedFrames >= START_FRAMES) this.#start();
  }

  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#offset = 0;
    this.consumedFrames += this.bufferedFrames;
    this.bufferedFrames = 0;
    if (this.state === 'playing') this.#startTail(0);
    this.state = 'idle';
  }

  /** Fills two outputs of the same length. */
  render(left: Float32Array, right: Float32Array): void {
    let at = 0;
    while (at < left.length && this.state === 'playing') at = this.#copy(left, right, at);
    left.fill(0, at);
    right.fill(0, at);
    if (this.#tail < FADE_FRAMES) this.#addTail(left, right);
  }

  /** Fades the end of the chunk before, as far as it has not been heard, to `lead`. */
  #fadeTo({ stream, frame }: ChunkMessage, lead: PcmBatch): void {
    const i = this.#chunks.length - 1;
    const last = this.#chunks[i];
    if (last === undefined || i < this.#head || last.stream !== stream) return;
    const length = last.left.length;
    if (last.frame + length !== frame) return;
    const waiting = i === this.#head ? length - this.#offset : length;
    const count = Math.min(lead.left.length, waiting);
    const end = part(last, length - count, length);
    crossFade(end, part(lead, lead.left.length - count, lead.left.length), end);
  }

  #start(): void {
    const head = this.#chunks[this.#head] as ChunkMessage;
    this.state = 'playing';
    this.stream = head.stream;
    this.frame = head.frame + this.#offset;
    this.#fadeIn = 0;
  }

  /** Copies up to the end of the head chunk or of the output; returns where it stopped. */
  #copy(left: Float32Array, right: Float32Array, from: number): number {
    const chunk = this.#chunks[this.#head] as ChunkMessage;
    const count = Math.min(left.length - from, chunk.left.length - this.#offset);
    for (let i = 0; i < count; i++) {
      left[from + i] = chunk.left[this.#offset + i] as number;
      right[from + i] = chunk.right[this.#offset + i] as number;
    }
    this.#lastLeft = chunk.left[this.#offset + count - 1] as number;
    this.#lastRight = chunk.right[this.#offset + count - 1] as number;
    if (this.#fadeIn < FADE_FRAMES) this.#applyFadeIn(left, right, from, count);
    this.#offset += count;
    this.frame += count;
    this.bufferedFrames -= count;
    this.consumedFrames += count;
    if (this.#offset === chunk.left.length) this.#next(from + count);
    return from + count;
  }

  /** Goes on to the next chunk at index `at` of the output. */
  #next(at: number): void {
    this.#head++;
    this.#offset = 0;
    const chunk = this.#chunks[this.#head];
    if (chunk === undefined) {
      this.state = 'starved';
      this.underruns++;
      this.#startTail(at);
      return;
    }
    if (chunk.stream === this.stream && chunk.frame === this.frame) return;
    this.stream = chunk.stream;
    this.frame = chunk.frame;
    this.#fadeIn = 0;
    this.#startTail(at);
  }

  #applyFadeIn(left: Float32Array, right: Float32Array, from: number, count: number): void {
    for (let i = from; i < from + count && this.#fadeIn < FADE_FRAMES; i++, this.#fadeIn++) {
      const gain = this.#fadeIn / FADE_FRAMES;
      left[i] = (left[i] as number) * gain;
      right[i] = (right[i] as number) * gain;
    }
  }

  #startTail(at: number): void {
    this.#tail = 0;
    this.#tailAt = at;
    this.#tailLeft = this.#lastLeft;
    this.#tailRight = this.#lastRight;
  }

  #addTail(left: Float32Array, right: Float32Array): void {
    for (let i = this.#tailAt; i < left.length && this.#tail < FADE_FRAMES; i++, this.#tail++) {
      const gain = 1 - this.#tail / FADE_FRAMES;
      left[i] = (left[i] as number) + this.#tailLeft * gain;
      right[i] = (right[i] as number) + this.#tailRight * gain;
    }
    this.#tailAt = 0;
  }
}

function fadeFrom(tail: PcmBatch, chunk: ChunkMessage): void {
  const count = Math.min(FADE_FRAMES, tail.left.length, chunk.left.length);
  const start = part(chunk, 0, count);
  crossFade(part(tail, 0, count), start, start);
}
