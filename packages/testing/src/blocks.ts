import {
  BLOCK_FRAMES,
  BYTES_PER_FRAME,
  CHANNELS,
  framesToMs,
  type PcmBlock,
  packS24le,
  pcmMd5,
  type SegmentEnd,
} from '@bucket-radio/pcm';

export interface BlockOptions {
  /** Frames per segment. */
  readonly segmentFrames: number;
  /** Index of the segment that the first sample starts. Default 0. */
  readonly firstSegment?: number;
  /** UTC label of station frame 0, in milliseconds. Default 0. */
  readonly utcMs?: number;
}

/** Interleaved samples as the segmenter delivers them; the last block ends its segment even where it is cut short. */
export function pcmBlocks(samples: Int32Array, options: BlockOptions): PcmBlock[] {
  const { segmentFrames, firstSegment = 0, utcMs = 0 } = options;
  const bytes = packS24le(samples);
  const total = samples.length / CHANNELS;
  const slice = (from: number, to: number): Uint8Array => bytes.subarray(from * BYTES_PER_FRAME, to * BYTES_PER_FRAME);
  const blocks: PcmBlock[] = [];
  for (let from = 0; from < total; from += BLOCK_FRAMES) {
    const to = Math.min(total, from + BLOCK_FRAMES);
    const position = firstSegment * segmentFrames + from;
    const segment = Math.floor(position / segmentFrames);
    const block = { position, frames: to - from, data: slice(from, to), utcMs: utcMs + framesToMs(position), segment };
    if (to < total && to % segmentFrames !== 0) {
      blocks.push(block);
      continue;
    }
    const start = Math.floor(from / segmentFrames) * segmentFrames;
    const segmentEnd: SegmentEnd = {
      index: segment,
      position: segment * segmentFrames,
      frames: to - start,
      utcMs: utcMs + framesToMs(segment * segmentFrames),
      pcmMd5: pcmMd5(slice(start, to)),
    };
    blocks.push({ ...block, segmentEnd });
  }
  return blocks;
}
