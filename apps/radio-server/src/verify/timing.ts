import type { MediaObject } from './media-object.ts';
import type { Differ } from './report.ts';
import type { ExpectedSegment } from './window.ts';

/**
 * Compares sequence number, decode time and durations with a segment's place on the timeline.
 * @param unitFrames frames of a FLAC frame or an Opus packet
 * @returns the frames the segment should decode to
 */
export function checkTiming(
  { sequence, decodeTime, samples }: MediaObject,
  { index, frames, mayBeShort }: ExpectedSegment,
  unitFrames: number,
  differ: Differ,
): number {
  if (sequence !== (index + 1) % 2 ** 32) {
    differ('boxes', `the sequence number is ${sequence}; ${(index + 1) % 2 ** 32} is expected`);
  }
  if (decodeTime !== index * frames) differ('boxes', `tfdt is ${decodeTime}; ${index * frames} is expected`);
  const sum = samples.reduce((total, { duration }) => total + duration, 0);
  const odd = samples.slice(0, mayBeShort ? -1 : undefined).find(({ duration }) => duration !== unitFrames);
  if (odd !== undefined) differ('boxes', `a sample lasts ${odd.duration} frames; ${unitFrames} are expected`);
  const short = mayBeShort && sum > 0 && sum < frames;
  if (sum !== frames && !short) differ('frames', `the durations sum to ${sum} frames; ${frames} are expected`);
  return short ? sum : frames;
}
