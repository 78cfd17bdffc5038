import { createHash } from 'node:crypto';
import { decodeFlac } from '@bucket-radio/encoders';
import { BLOCK_FRAMES, CHANNELS, packS24le } from '@bucket-radio/pcm';
import type { MediaObject } from './media-object.ts';
import type { Differ, SegmentReport } from './report.ts';
import { checkTiming } from './timing.ts';
import type { ExpectedSegment } from './window.ts';

/** FLAC frames on each side of a join that are decoded in one go. */
const JOIN_FRAMES = 2;

/** An `hq` segment, decoded. */
export interface HqContent {
  readonly header: Uint8Array;
  readonly frames: readonly Uint8Array[];
  /** Interleaved. */
  readonly samples: Int32Array;
}

/** Compares an `hq` segment with the manifest and with its own proof. Nothing is returned when it does not decode. */
export async function checkHq(
  media: MediaObject,
  header: Uint8Array,
  expected: ExpectedSegment,
  differ: Differ,
): Promise<{ readonly content: HqContent; readonly md5: SegmentReport['md5'] } | undefined> {
  const frames = checkTiming(media, expected, BLOCK_FRAMES, differ);
  checkProof(media, expected, frames, differ);
  const data = media.samples.map((sample) => sample.data);
  let samples: Int32Array;
  try {
    samples = await decodeFlac(header, data);
  } catch (error) {
    differ('frames', error instanceof Error ? error.message : String(error));
    return undefined;
  }
  const decoded = samples.length / CHANNELS;
  if (decoded !== frames) differ('frames', `it decodes to ${decoded} frames; ${frames} are expected`);
  const md5 = createHash('md5').update(packS24le(samples)).digest('hex');
  const equal = md5 === media.proof?.md5;
  if (!equal && media.proof !== undefined) {
    differ('md5', `the MD5 of the decoded PCM is ${md5}; captured was ${media.proof.md5}`);
  }
  return { content: { header, frames: data, samples }, md5: equal ? 'equal' : 'different' };
}

function checkProof({ proof }: MediaObject, expected: ExpectedSegment, frames: number, differ: Differ): void {
  if (proof === undefined) {
    differ('proof', 'there is no proof box');
    return;
  }
  const expect = (what: string, actual: unknown, wanted: unknown): void => {
    if (actual !== wanted) differ('proof', `${what} is ${String(actual)}; ${String(wanted)} is expected`);
  };
  expect('epoch', proof.epoch, expected.epoch);
  expect('index', proof.index, expected.index);
  expect('first frame', proof.firstFrame, expected.index * expected.frames);
  expect('frames', proof.frames, frames);
}

/** Decodes across a join in one go: the samples must be those that each side decodes to alone. */
export async function checkHqJoin(before: HqContent, after: HqContent, differ: Differ): Promise<boolean> {
  const [tail, head] = [before.frames.slice(-JOIN_FRAMES), after.frames.slice(0, JOIN_FRAMES)];
  const across = await decodeFlac(after.header, [...tail, ...head]);
  const count = (frames: readonly Uint8Array[]): number => frames.length * BLOCK_FRAMES * CHANNELS;
  const alone = [...before.samples.subarray(-count(tail)), ...after.samples.subarray(0, count(head))];
  const exact = across.length === alone.length && alone.every((sample, i) => sample === across[i]);
  if (!exact) differ('join', 'FLAC decodes differently across the join with the segment before');
  return exact;
}
