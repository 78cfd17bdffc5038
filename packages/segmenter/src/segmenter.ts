import { createHash, type Hash } from 'node:crypto';
import {
  BLOCK_FRAMES,
  BYTES_PER_FRAME,
  framesToMs,
  type PcmBlock,
  type PcmChunk,
  type PcmGap,
  type SegmentEnd,
  segmentFrames,
} from '@bucket-radio/pcm';

export interface SegmenterOptions {
  /** Whole seconds per segment, 1–10. */
  readonly segmentSeconds: number;
  /** Station frame of the first chunk: a segment boundary. Default 0. */
  readonly startFrame?: number;
}

/**
 * Cuts the station's timeline into blocks of 1920 frames. Segment `n` covers frames `[n·F, (n+1)·F)`, for ever:
 * only the frame counter decides, never a clock.
 */
export interface Segmenter {
  /**
   * The blocks this chunk completes. A sample is copied at most once; a block that lies inside one chunk is a view of it.
   * @throws RangeError when the chunk does not continue the timeline
   */
  push(chunk: PcmChunk): PcmBlock[];
  /** The rest, when the source ends: at most one block, shorter than 1920 frames, that completes no segment. */
  finish(): PcmBlock[];
}

const BLOCK_BYTES = BLOCK_FRAMES * BYTES_PER_FRAME;

/** @throws RangeError for a segment length outside 1–10 s or a start that is not a segment boundary */
export function createSegmenter({ segmentSeconds, startFrame = 0 }: SegmenterOptions): Segmenter {
  const framesPerSegment = segmentFrames(segmentSeconds);
  if (!Number.isSafeInteger(startFrame) || startFrame < 0 || startFrame % framesPerSegment !== 0) {
    throw new RangeError(`startFrame is ${startFrame}; use a multiple of ${framesPerSegment} frames`);
  }
  return new FrameCutter(framesPerSegment, startFrame);
}

class FrameCutter implements Segmenter {
  readonly #framesPerSegment: number;
  /** Station frame of the next block. */
  #position: number;
  /** Bytes of the next block that have arrived, when it spans chunks. */
  #partial: Uint8Array | undefined;
  #filled = 0;
  #blockUtcMs = 0;
  #segmentUtcMs = 0;
  #gaps: PcmGap[] = [];
  #md5: Hash = createHash('md5');

  constructor(framesPerSegment: number, startFrame: number) {
    this.#framesPerSegment = framesPerSegment;
    this.#position = startFrame;
  }

  push(chunk: PcmChunk): PcmBlock[] {
    this.#check(chunk);
    if (chunk.gaps !== undefined) this.#gaps.push(...chunk.gaps);
    const blocks: PcmBlock[] = [];
    let offset = 0;
    while (offset < chunk.data.length) {
      if (this.#filled === 0) this.#blockUtcMs = chunk.utcMs + framesToMs(offset / BYTES_PER_FRAME);
      const taken = Math.min(BLOCK_BYTES - this.#filled, chunk.data.length - offset);
      const piece = chunk.data.subarray(offset, offset + taken);
      offset += taken;
      if (taken === BLOCK_BYTES) {
        blocks.push(this.#complete(piece));
      } else {
        this.#partial ??= new Uint8Array(BLOCK_BYTES);
        this.#partial.set(piece, this.#filled);
        this.#filled += taken;
        if (this.#filled === BLOCK_BYTES) blocks.push(this.#complete(this.#partial));
      }
    }
    return blocks;
  }

  finish(): PcmBlock[] {
    if (this.#partial === undefined || this.#filled === 0) return [];
    return [this.#complete(this.#partial.subarray(0, this.#filled))];
  }

  #check(chunk: PcmChunk): void {
    const expected = this.#position + this.#filled / BYTES_PER_FRAME;
    if (chunk.position !== expected) {
      throw new RangeError(`chunk starts at frame ${chunk.position}; the timeline continues at ${expected}`);
    }
    if (chunk.data.length !== chunk.frames * BYTES_PER_FRAME) {
      throw new RangeError(
        `chunk has ${chunk.data.length} bytes; ${chunk.frames} frames are ${chunk.frames * BYTES_PER_FRAME}`,
      );
    }
  }

  #complete(data: Uint8Array): PcmBlock {
    const frames = data.length / BYTES_PER_FRAME;
    const position = this.#position;
    const segment = Math.floor(position / this.#framesPerSegment);
    if (position % this.#framesPerSegment === 0) this.#segmentUtcMs = this.#blockUtcMs;
    this.#md5.update(data);
    this.#position += frames;
    this.#partial = undefined;
    this.#filled = 0;
    const block = { position, frames, data, utcMs: this.#blockUtcMs, segment };
    const segmentEnd = this.#position % this.#framesPerSegment === 0 ? this.#endSegment(segment) : undefined;
    const gaps = this.#takeGaps();
    return {
      ...block,
      ...(segmentEnd === undefined ? {} : { segmentEnd }),
      ...(gaps.length === 0 ? {} : { gaps }),
    };
  }

  #endSegment(index: number): SegmentEnd {
    const pcmMd5 = new Uint8Array(this.#md5.digest());
    this.#md5 = createHash('md5');
    return {
      index,
      position: index * this.#framesPerSegment,
      frames: this.#framesPerSegment,
      utcMs: this.#segmentUtcMs,
      pcmMd5,
    };
  }

  /** The gaps that start before the end of the block just completed. */
  #takeGaps(): PcmGap[] {
    if (this.#gaps.length === 0) return [];
    const inside = this.#gaps.filter(({ position }) => position < this.#position);
    this.#gaps = this.#gaps.filter(({ position }) => position >= this.#position);
    return inside;
  }
}
