import { BLOCK_FRAMES, CHANNELS, type RenditionName, SAMPLE_RATE, STATION_FORMAT } from '@bucket-radio/pcm';
import { type Box, boxAt, oneBox, readBoxes } from './boxes.ts';
import type { Differ } from './report.ts';

/** Bytes of an audio sample entry before its own boxes, and of `stsd` before its entries. */
const SAMPLE_ENTRY_BYTES = 28;
const STSD_BYTES = 8;

/** What a decoder needs to know before the first segment. */
export interface InitSegment {
  /** `fLaC` and STREAMINFO; for `hq`. */
  readonly flacHeader?: Uint8Array;
}

/** Compares an init segment with docs/format.md, "Init segment". Nothing is returned when it cannot be read. */
export function checkInit(data: Uint8Array, rendition: RenditionName, differ: Differ): InitSegment | undefined {
  const expect = (what: string, actual: unknown, expected: unknown): void => {
    if (actual !== expected) differ('init', `${what} is ${String(actual)}; ${String(expected)} is expected`);
  };
  try {
    expect(
      'the order of boxes',
      readBoxes(data)
        .map(({ type }) => type)
        .join(' '),
      'ftyp moov',
    );
    const moov = boxAt(data, 'moov').payload;
    const trak = boxAt(moov, 'trak').payload;
    if (readBoxes(trak).some(({ type }) => type === 'edts'))
      differ('init', 'there is an edit list (edts); nothing may be skipped');
    expect('the track id of trex', boxAt(moov, 'mvex', 'trex').view.getUint32(4), 1);
    expect('the timescale of mdhd', boxAt(trak, 'mdia', 'mdhd').view.getUint32(12), SAMPLE_RATE);
    const entry = sampleEntry(trak);
    expect('the sample entry', entry.type, rendition === 'hq' ? 'fLaC' : 'Opus');
    expect('channelcount', entry.view.getUint16(16), CHANNELS);
    expect('samplesize', entry.view.getUint16(18), rendition === 'hq' ? STATION_FORMAT.bitDepth : 16);
    expect('samplerate', entry.view.getUint32(24), SAMPLE_RATE * 65_536);
    const own = readBoxes(entry.payload.subarray(SAMPLE_ENTRY_BYTES));
    if (rendition === 'hq') return { flacHeader: readDfla(oneBox(own, 'dfLa'), expect) };
    readDops(oneBox(own, 'dOps'), expect);
    return {};
  } catch (error) {
    differ('init', error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

type Expect = (what: string, actual: unknown, expected: unknown) => void;

function sampleEntry(trak: Uint8Array): Box {
  const stsd = boxAt(trak, 'mdia', 'minf', 'stbl', 'stsd');
  const [entry, ...more] = readBoxes(stsd.payload.subarray(STSD_BYTES));
  if (entry === undefined || more.length > 0) throw new Error(`stsd has ${more.length} entries; one is expected`);
  return entry;
}

/** STREAMINFO as RFC 9639 §8.2 lays it out. */
function readDfla({ payload, view }: Box, expect: Expect): Uint8Array {
  expect('the metadata block of dfLa', view.getUint32(4).toString(16), '80000022');
  expect('the smallest block', view.getUint16(8), BLOCK_FRAMES);
  expect('the largest block', view.getUint16(10), BLOCK_FRAMES);
  const packed = view.getUint32(18);
  expect('the sample rate of STREAMINFO', packed >>> 12, SAMPLE_RATE);
  expect('the channels of STREAMINFO', ((packed >>> 9) & 7) + 1, CHANNELS);
  expect('the bit depth of STREAMINFO', ((packed >>> 4) & 0x1f) + 1, STATION_FORMAT.bitDepth);
  return Buffer.concat([Buffer.from('fLaC'), payload.subarray(4)]);
}

function readDops({ view }: Box, expect: Expect): void {
  expect('the version of dOps', view.getUint8(0), 0);
  expect('the channels of dOps', view.getUint8(1), CHANNELS);
  expect('PreSkip', view.getUint16(2), 0);
  expect('the rate of dOps', view.getUint32(4), SAMPLE_RATE);
  expect('the gain of dOps', view.getInt16(8), 0);
  expect('the family of dOps', view.getUint8(10), 0);
}
