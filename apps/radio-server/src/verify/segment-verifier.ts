import { BLOCK_FRAMES, BYTES_PER_FRAME, CHANNELS, OPUS_PACKET_FRAMES, type RenditionName } from '@bucket-radio/pcm';
import { type Alignment, measureAlignment } from './alignment.ts';
import type { InitSegment } from './init-check.ts';
import { type MediaObject, readMediaObject } from './media-object.ts';
import type { Differ, RenditionReport, SegmentReport } from './report.ts';
import { checkHq, checkHqJoin, type HqContent } from './segment-hq.ts';
import { checkLq, checkLqJoin, type LqContent } from './segment-lq.ts';
import type { ExpectedSegment } from './window.ts';

/** Of an object besides its samples: boxes, and per FLAC frame or Opus packet its header and its line in `trun`. */
const OVERHEAD_BYTES = 2048;
const UNIT_OVERHEAD_BYTES = 32;
/** Largest packet Opus makes for 20 ms. */
const OPUS_PACKET_MAX_BYTES = 1275;

/** The bytes of each rendition, or why there are none. */
type Objects = Partial<Record<RenditionName, Uint8Array | 'missing' | 'left'>>;

interface Content {
  readonly expected: ExpectedSegment;
  readonly hq: HqContent | undefined;
  readonly lq: LqContent | undefined;
}

/** Verifies the segments of a window in order, each also against the one before. */
export class SegmentVerifier {
  readonly #differFor: (object: string) => Differ;
  #before: Content | undefined;
  #isFirst = true;

  constructor(differFor: (object: string) => Differ) {
    this.#differFor = differFor;
  }

  async verify(
    expected: ExpectedSegment,
    objects: Objects,
    init: (name: RenditionName) => Promise<InitSegment | undefined>,
  ): Promise<SegmentReport> {
    const before = this.#joined(expected);
    const hq = await this.#hq(expected, objects.hq, before?.hq, init);
    const lq = await this.#lq(expected, objects.lq, before?.lq, init);
    const alignment = this.#align(expected, hq.content, lq.content);
    this.#before?.lq?.decoder.free();
    this.#before = { expected, hq: hq.content, lq: lq.content };
    this.#isFirst = false;
    const { epoch, index } = expected;
    return {
      epoch,
      index,
      renditions: { ...(objects.hq && { hq: hq.report }), ...(objects.lq && { lq: lq.report }) },
      ...(hq.md5 && { md5: hq.md5 }),
      join: joinOf([hq.join, lq.join]),
      ...(alignment && { alignment }),
    };
  }

  /** Frees what is kept for the next join. */
  close(): void {
    this.#before?.lq?.decoder.free();
    this.#before = undefined;
  }

  /** The segment before, where this one continues it without interruption. */
  #joined({ epoch, index, startsRun }: ExpectedSegment): Content | undefined {
    const before = this.#before;
    return before?.expected.epoch === epoch && before.expected.index === index - 1 && !startsRun ? before : undefined;
  }

  async #hq(
    expected: ExpectedSegment,
    data: Objects['hq'],
    before: HqContent | undefined,
    init: (name: RenditionName) => Promise<InitSegment | undefined>,
  ) {
    const counted = countDifferences(this.#differFor(expected.keys.hq ?? ''));
    const { differ } = counted;
    const media = readMedia(data, differ);
    const header = data instanceof Uint8Array ? (await init('hq'))?.flacHeader : undefined;
    if (data instanceof Uint8Array)
      checkSize(data, expected.frames * BYTES_PER_FRAME, expected.frames / BLOCK_FRAMES, differ);
    const checked = media && header && (await checkHq(media, header, expected, differ));
    const content = checked?.content;
    let join: SegmentReport['join'] = this.#isFirst || expected.startsRun ? 'start' : 'n/a';
    if (content !== undefined && before !== undefined) {
      join = await attempt(async () => ((await checkHqJoin(before, content, differ)) ? 'exact' : 'different'), differ);
    }
    const frames = content && content.samples.length / CHANNELS;
    return { content, md5: checked?.md5, join, report: report(data, counted.count(), frames) };
  }

  async #lq(
    expected: ExpectedSegment,
    data: Objects['lq'],
    before: LqContent | undefined,
    init: (name: RenditionName) => Promise<InitSegment | undefined>,
  ) {
    const counted = countDifferences(this.#differFor(expected.keys.lq ?? ''));
    const { differ } = counted;
    const media = readMedia(data, differ);
    if (data instanceof Uint8Array) {
      await init('lq');
      const packets = expected.frames / OPUS_PACKET_FRAMES;
      checkSize(data, packets * OPUS_PACKET_MAX_BYTES, packets, differ);
    }
    const content = media && checkLq(media, expected, differ);
    let join: SegmentReport['join'] = 'n/a';
    if (media !== undefined && content !== undefined) {
      const place = { expected, before, isFirst: this.#isFirst };
      join = await attempt(async () => checkLqJoin(media, content, place, differ), differ);
    }
    const frames = content && content.samples.length / CHANNELS;
    return { content, join, report: report(data, counted.count(), frames) };
  }

  #align({ keys }: ExpectedSegment, hq: HqContent | undefined, lq: LqContent | undefined): Alignment | undefined {
    if (hq === undefined || lq === undefined) return undefined;
    const alignment = measureAlignment(hq.samples, lq.samples);
    if (alignment.decided && alignment.lag !== 0) {
      const { lag } = alignment;
      this.#differFor(keys.lq ?? '')(
        'alignment',
        `lq is ${Math.abs(lag)} frames ${lag > 0 ? 'behind' : 'ahead of'} hq`,
      );
    }
    return alignment;
  }
}

function readMedia(data: Objects[RenditionName], differ: Differ): MediaObject | undefined {
  if (!(data instanceof Uint8Array)) return undefined;
  try {
    return readMediaObject(data);
  } catch (error) {
    differ('boxes', error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function checkSize(data: Uint8Array, mediaBytes: number, units: number, differ: Differ): void {
  const limit = mediaBytes + units * UNIT_OVERHEAD_BYTES + OVERHEAD_BYTES;
  if (data.length > limit) differ('size', `it has ${data.length} bytes; at most ${limit} are expected`);
}

async function attempt(check: () => Promise<SegmentReport['join']>, differ: Differ): Promise<SegmentReport['join']> {
  try {
    return await check();
  } catch (error) {
    differ('join', error instanceof Error ? error.message : String(error));
    return 'different';
  }
}

function countDifferences(differ: Differ): { readonly differ: Differ; readonly count: () => number } {
  let count = 0;
  return {
    differ: (check, message) => {
      count += 1;
      differ(check, message);
    },
    count: () => count,
  };
}

function report(data: Objects[RenditionName], differences: number, frames: number | undefined): RenditionReport {
  if (data === undefined || typeof data === 'string') return { state: data ?? 'missing' };
  const state = differences === 0 ? 'verified' : 'different';
  return { state, bytes: data.length, ...(frames === undefined ? {} : { frames }) };
}

/** The worst of both renditions; exact when all that could be compared is. */
function joinOf(joins: readonly SegmentReport['join'][]): SegmentReport['join'] {
  for (const worst of ['different', 'exact', 'start'] as const) if (joins.includes(worst)) return worst;
  return 'n/a';
}
