import { child, corrupt, descend, FieldCursor, walk } from './box.ts';

/** What a decoder needs, from a rendition's init segment. */
export interface CodecConfig {
  readonly codec: 'flac' | 'opus';
  /** Frames per second; also the unit of every time in the segments. */
  readonly sampleRate: number;
  readonly channels: number;
  /**
   * FLAC: `fLaC` and the STREAMINFO block, the form that WebCodecs asks for (and the head of a .flac file).
   * Absent for Opus: the packets decode as they are, the station has already removed the look-ahead.
   */
  readonly description?: Uint8Array<ArrayBuffer>;
  /** Defaults for packets whose segment does not say (ISO/IEC 14496-12 §8.8.3). */
  readonly defaultFrames: number;
  readonly defaultBytes: number;
}

/** Most bytes of an init segment. Ours have 625. */
export const MAX_INIT_BYTES = 65_536;

/** Bytes of an AudioSampleEntry before its child boxes. */
const SAMPLE_ENTRY_BYTES = 28;
const STREAMINFO_BYTES = 34;

/** Reads an init segment with one audio track. @throws PlayerError SegmentCorrupt */
export function parseInit(bytes: Uint8Array): CodecConfig {
  const moov = descend(bytes, 'moov');
  const mdia = descend(moov, 'trak', 'mdia');
  const timescale = readTimescale(descend(mdia, 'mdhd'));
  const entry = readSampleEntry(descend(mdia, 'minf', 'stbl', 'stsd'));
  if (entry.sampleRate !== timescale)
    throw corrupt(`timescale ${timescale}, but ${entry.sampleRate} frames per second`);
  return { ...entry, ...readDefaults(moov) };
}

function readTimescale(mdhd: Uint8Array): number {
  const cursor = new FieldCursor(mdhd, 'mdhd');
  const version = cursor.u8();
  cursor.skip(version === 1 ? 19 : 11);
  return cursor.u32();
}

type SampleEntry = Pick<CodecConfig, 'codec' | 'sampleRate' | 'channels' | 'description'>;

function readSampleEntry(stsd: Uint8Array): SampleEntry {
  for (const { type, body } of walk(stsd.subarray(8))) {
    if (type === 'fLaC') return readFlac(body);
    if (type === 'Opus') return readOpus(body);
    throw corrupt(`sample entry "${type}"; this player reads "fLaC" and "Opus"`);
  }
  throw corrupt('"stsd" is empty');
}

function readFlac(entry: Uint8Array): SampleEntry {
  const cursor = new FieldCursor(descend(entry.subarray(SAMPLE_ENTRY_BYTES), 'dfLa'), 'dfLa');
  cursor.skip(4);
  const blockType = cursor.u8() & 0x7f;
  const length = cursor.u24();
  if (blockType !== 0 || length !== STREAMINFO_BYTES) throw corrupt('"dfLa" does not start with STREAMINFO');
  const streamInfo = cursor.bytes(STREAMINFO_BYTES);
  const description = new Uint8Array(8 + STREAMINFO_BYTES);
  description.set([0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, STREAMINFO_BYTES]);
  description.set(streamInfo, 8);
  const packed = new FieldCursor(streamInfo.subarray(10), 'STREAMINFO').u32();
  return { codec: 'flac', sampleRate: packed >>> 12, channels: ((packed >>> 9) & 7) + 1, description };
}

function readOpus(entry: Uint8Array): SampleEntry {
  const cursor = new FieldCursor(descend(entry.subarray(SAMPLE_ENTRY_BYTES), 'dOps'), 'dOps');
  cursor.skip(1);
  return { codec: 'opus', sampleRate: 48_000, channels: cursor.u8() };
}

function readDefaults(moov: Uint8Array): Pick<CodecConfig, 'defaultFrames' | 'defaultBytes'> {
  const mvex = child(moov, 'mvex');
  const trex = mvex === undefined ? undefined : child(mvex, 'trex');
  if (trex === undefined) return { defaultFrames: 0, defaultBytes: 0 };
  const cursor = new FieldCursor(trex, 'trex');
  cursor.skip(12);
  return { defaultFrames: cursor.u32(), defaultBytes: cursor.u32() };
}
