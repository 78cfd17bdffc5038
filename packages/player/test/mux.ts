import { box } from './fixtures.ts';

/** One packet to put in a segment. */
export interface MuxPacket {
  readonly data: Uint8Array;
  readonly frames: number;
}

/** Big-endian numbers, 4 bytes each. */
export function u32(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) buffer.writeUInt32BE(value >>> 0, i * 4);
  return buffer;
}

const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);
const zeros = (count: number): Buffer => Buffer.alloc(count);

/** STREAMINFO of 48 kHz, stereo, 24 bit, blocks of 1920. */
export const STREAMINFO: Buffer = Buffer.concat([
  bytes(0x07, 0x80, 0x07, 0x80, 0, 0, 0, 0, 0, 0, 0x0b, 0xb8, 0x03, 0x70),
  zeros(20),
]);

/** An init segment with only the boxes that the reader needs. */
export function makeInit(codec: 'flac' | 'opus', defaults: readonly [frames: number, bytes: number] = [0, 0]): Buffer {
  const config =
    codec === 'flac'
      ? box('fLaC', zeros(28), box('dfLa', zeros(4), bytes(0x80, 0, 0, 34), STREAMINFO))
      : box('Opus', zeros(28), box('dOps', bytes(0, 2, 0, 0, 0, 0, 0xbb, 0x80, 0, 0, 0)));
  const stsd = box('stsd', u32(0, 1), config);
  const mdhd = box('mdhd', u32(0, 0, 0, 48_000, 0, 0));
  const trak = box('trak', box('mdia', mdhd, box('minf', box('stbl', stsd))));
  const mvex = box('mvex', box('trex', u32(0, 1, 1, ...defaults, 0)));
  return Buffer.concat([box('ftyp', Buffer.from('cmfc'), u32(0)), box('moov', trak, mvex)]);
}

/** A `styp`, a `moof` and an `mdat`: 64-bit decode time, duration and size of every packet. */
export function makeSegment(position: number, packets: readonly MuxPacket[]): Buffer {
  const table = packets.flatMap(({ data, frames }) => [frames, data.length]);
  const moof = (offset: number): Buffer => {
    const tfhd = box('tfhd', u32(0x02_00_00, 1));
    const tfdt = box('tfdt', u32(0x01_00_00_00, Math.floor(position / 2 ** 32), position % 2 ** 32));
    const trun = box('trun', u32(0x00_03_01, packets.length, offset, ...table));
    return box('moof', box('mfhd', u32(0, 1)), box('traf', tfhd, tfdt, trun));
  };
  const mdat = box('mdat', ...packets.map(({ data }) => data));
  return Buffer.concat([box('styp', Buffer.from('msdh'), u32(0)), moof(moof(0).length + 8), mdat]);
}
