import { type Box, boxAt, oneBox, readBoxes } from './boxes.ts';

/** One sample: a FLAC frame or an Opus packet. */
export interface MediaSample {
  /** In frames. */
  readonly duration: number;
  readonly data: Uint8Array;
}

/** The proof box of an `hq` segment. */
export interface SegmentProof {
  readonly epoch: string;
  readonly index: number;
  readonly firstFrame: number;
  readonly frames: number;
  /** Hexadecimal. */
  readonly md5: string;
}

/** A media segment, read with nothing but docs/format.md. */
export interface MediaObject {
  readonly sequence: number;
  /** Station frame of the first sample. */
  readonly decodeTime: number;
  readonly samples: readonly MediaSample[];
  readonly proof?: SegmentProof;
  /** Packets before the segment, oldest first. */
  readonly leadIn?: readonly Uint8Array[];
}

const PROOF = '6f1d5c1e8a544d8e9f0b2c6b7a3e5d10';
const LEAD_IN = '6f1d5c1e8a544d8e9f0b2c6b7a3e5d11';
/** User type, version and flags of a `uuid` box. */
const UUID_HEADER_BYTES = 20;

/** Fields of `tfhd` and `trun` that may be there, in order, by flag. */
const TFHD_FIELDS = { baseOffset: [0x1, 8], description: [0x2, 4], duration: [0x8, 4], size: [0x10, 4] } as const;
const TFHD_DEFAULT_BASE_IS_MOOF = 0x2_00_00;
const TRUN_DATA_OFFSET = 0x1;
const TRUN_FIRST_FLAGS = 0x4;
const TRUN_SAMPLE_FIELDS = [0x100, 0x200, 0x400, 0x800] as const;

/** @throws Error when the boxes are not those of docs/format.md, "Media segment" */
export function readMediaObject(object: Uint8Array): MediaObject {
  const boxes = readBoxes(object);
  const types = boxes.map(({ type }) => type).join(' ');
  if (types !== 'uuid moof mdat' && types !== 'moof mdat') {
    throw new Error(`the boxes are "${types}"; "uuid moof mdat" is expected`);
  }
  const moof = oneBox(boxes, 'moof');
  const traf = readBoxes(boxAt(moof.payload, 'traf').payload);
  return {
    ...(boxes[0]?.type === 'uuid' ? readUuid(boxes[0]) : {}),
    sequence: boxAt(moof.payload, 'mfhd').view.getUint32(4),
    decodeTime: readTfdt(oneBox(traf, 'tfdt')),
    samples: readSamples(object, moof, oneBox(boxes, 'mdat'), oneBox(traf, 'tfhd'), oneBox(traf, 'trun')),
  };
}

function readTfdt({ view }: Box): number {
  return view.getUint8(0) === 1 ? Number(view.getBigUint64(4)) : view.getUint32(4);
}

function readDefaults({ view }: Box): { readonly duration: number; readonly size: number } {
  const flags = view.getUint32(0);
  if ((flags & TFHD_DEFAULT_BASE_IS_MOOF) === 0) throw new Error('tfhd does not count offsets from moof');
  if (view.getUint32(4) !== 1) throw new Error(`tfhd names track ${view.getUint32(4)}; 1 is expected`);
  const values = { baseOffset: 0, description: 0, duration: 0, size: 0 };
  let at = 8;
  for (const name of ['baseOffset', 'description', 'duration', 'size'] as const) {
    const [flag, bytes] = TFHD_FIELDS[name];
    if ((flags & flag) === 0) continue;
    values[name] = bytes === 4 ? view.getUint32(at) : Number(view.getBigUint64(at));
    at += bytes;
  }
  return values;
}

function readSamples(object: Uint8Array, moof: Box, mdat: Box, tfhd: Box, trun: Box): MediaSample[] {
  const defaults = readDefaults(tfhd);
  const { view } = trun;
  const flags = view.getUint32(0);
  if ((flags & TRUN_DATA_OFFSET) === 0) throw new Error('trun has no data offset');
  const count = view.getUint32(4);
  let offset = moof.offset + view.getInt32(8);
  if (offset !== mdat.offset + 8)
    throw new Error(`the data offset points at ${offset}; mdat begins at ${mdat.offset + 8}`);
  let at = 12 + (flags & TRUN_FIRST_FLAGS ? 4 : 0);
  const samples: MediaSample[] = [];
  for (let i = 0; i < count; i++) {
    let { duration, size } = defaults;
    for (const field of TRUN_SAMPLE_FIELDS) {
      if ((flags & field) === 0) continue;
      if (field === 0x100) duration = view.getUint32(at);
      if (field === 0x200) size = view.getUint32(at);
      at += 4;
    }
    if (offset + size > object.length) throw new Error(`sample ${i} of ${count} ends after the object`);
    samples.push({ duration, data: object.subarray(offset, offset + size) });
    offset += size;
  }
  if (offset !== mdat.offset + mdat.size) {
    throw new Error(`the samples end at ${offset}; mdat ends at ${mdat.offset + mdat.size}`);
  }
  return samples;
}

function readUuid({ payload, view }: Box): Pick<MediaObject, 'proof' | 'leadIn'> {
  const userType = Buffer.from(payload.subarray(0, 16)).toString('hex');
  if (view.getUint8(16) !== 1) throw new Error(`the uuid box has version ${view.getUint8(16)}; 1 is known`);
  const body = payload.subarray(UUID_HEADER_BYTES);
  if (userType === PROOF) return { proof: readProof(body) };
  if (userType === LEAD_IN) return { leadIn: readLeadIn(body) };
  throw new Error(`the uuid box has the unknown user type ${userType}`);
}

function readProof(body: Uint8Array): SegmentProof {
  if (body.length !== 62) throw new Error(`the proof has ${body.length} bytes; 62 are expected`);
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  return {
    epoch: Buffer.from(body.subarray(0, 26)).toString('latin1'),
    index: Number(view.getBigUint64(26)),
    firstFrame: Number(view.getBigUint64(34)),
    frames: view.getUint32(42),
    md5: Buffer.from(body.subarray(46)).toString('hex'),
  };
}

function readLeadIn(body: Uint8Array): Uint8Array[] {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const packets: Uint8Array[] = [];
  let offset = 1;
  for (let i = 0; i < view.getUint8(0); i++) {
    const length = view.getUint16(offset);
    packets.push(body.subarray(offset + 2, offset + 2 + length));
    offset += 2 + length;
  }
  if (offset !== body.length) throw new Error('the lead-in does not fill its box');
  return packets;
}
