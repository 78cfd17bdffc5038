import { BLOCK_FRAMES, SAMPLE_RATE } from './format.ts';

/** Milliseconds that `frames` last. Exact for whole milliseconds. */
export function framesToMs(frames: number): number {
  return (frames * 1000) / SAMPLE_RATE;
}

/** Whole frames in `ms` milliseconds, rounded to the nearest. */
export function msToFrames(ms: number): number {
  return Math.round((ms * SAMPLE_RATE) / 1000);
}

/**
 * Frames in a segment of `segmentSeconds` seconds.
 * @throws RangeError unless `segmentSeconds` is a whole number from 1 to 10.
 */
export function segmentFrames(segmentSeconds: number): number {
  if (!Number.isInteger(segmentSeconds) || segmentSeconds < 1 || segmentSeconds > 10) {
    throw new RangeError(`segmentSeconds is ${segmentSeconds}; use a whole number from 1 to 10`);
  }
  return segmentSeconds * SAMPLE_RATE;
}

/** Blocks of {@link BLOCK_FRAMES} in a segment: always a whole number. */
export function segmentBlocks(segmentSeconds: number): number {
  return segmentFrames(segmentSeconds) / BLOCK_FRAMES;
}
