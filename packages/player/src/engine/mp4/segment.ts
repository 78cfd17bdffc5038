import { child, corrupt, descend, FieldCursor, walk } from './box.ts';
import type { CodecConfig } from './init.ts';
import { LEAD_IN_UUID, PROOF_UUID, parseLeadIn, parseProof, type SegmentProof } from './uuid.ts';

/** One coded packet: a FLAC frame or an Opus packet. */
export interface Packet {
  /** A view into the segment. */
  readonly data: Uint8Array;
  /** Frames it decodes to. */
  readonly frames: number;
}

/** A media segment, taken apart. */
export interface MediaSegment {
  /** Station frame of the first packet. */
  readonly position: number;
  /** Frames of all packets. */
  readonly frames: number;
  readonly packets: readonly Packet[];
  /** Packets before `position` that warm up a fresh decoder; their output is thrown away. */
  readonly leadIn: readonly Uint8Array[];
  /** Present in `hq`. */
  readonly proof?: SegmentProof;
}

/** 8 MiB: three times the largest 10 s segment of 24-bit stereo, uncompressed. */
export const MAX_SEGMENT_BYTES = 8_388_608;

/** Most packets of a segment: 10 s of the shortest Opus packets are 4000. */
export const MAX_SEGMENT_PACKETS = 4096;

/** Reads one `moof` + `mdat` segment (or several in a row). @throws PlayerError SegmentCorrupt */
export function parseSegment(bytes: Uint8Array, config: CodecConfig): MediaSegment {
  if (bytes.length > MAX_SEGMENT_BYTES) throw corrupt(`segment of ${bytes.length} bytes; at most ${MAX_SEGMENT_BYTES}`);
  const packets: Packet[] = [];
  let position: number | undefined;
  let leadIn: readonly Uint8Array[] = [];
  let proof: SegmentProof | undefined;
  for (const box of walk(bytes)) {
    if (box.type === 'moof') {
      const start = readFragment(bytes, box.offset, box.body, config, packets);
      position ??= start;
    } else if (box.type === 'uuid') {
      const usertype = hex(box.body.subarray(0, 16));
      if (usertype === PROOF_UUID) proof = parseProof(box.body.subarray(16));
      if (usertype === LEAD_IN_UUID) leadIn = parseLeadIn(box.body.subarray(16));
    }
  }
  if (position === undefined) throw corrupt('no "moof" box in the segment');
  const frames = packets.reduce((sum, packet) => sum + packet.frames, 0);
  return { position, frames, packets, leadIn, ...(proof === undefined ? {} : { proof }) };
}

/** Appends the packets of one `moof`; returns its decode time. */
function readFragment(
  file: Uint8Array,
  moofOffset: number,
  moof: Uint8Array,
  config: CodecConfig,
  packets: Packet[],
): number {
  const traf = descend(moof, 'traf');
  const defaults = readTfhd(descend(traf, 'tfhd'), config);
  const tfdt = new FieldCursor(descend(traf, 'tfdt'), 'tfdt');
  const version = tfdt.u8();
  tfdt.skip(3);
  const position = version === 1 ? tfdt.u64() : tfdt.u32();
  const trun = child(traf, 'trun');
  if (trun === undefined) throw corrupt('no "trun" box in the fragment');
  readTrun(trun, { file, base: defaults.base ?? moofOffset, ...defaults.packet }, packets);
  return position;
}

interface PacketDefaults {
  readonly frames: number;
  readonly bytes: number;
}

function readTfhd(tfhd: Uint8Array, config: CodecConfig): { base?: number; packet: PacketDefaults } {
  const cursor = new FieldCursor(tfhd, 'tfhd');
  const flags = cursor.u32() & 0xff_ff_ff;
  cursor.skip(4);
  const base = flags & 0x1 ? cursor.u64() : undefined;
  if (flags & 0x2) cursor.skip(4);
  const frames = flags & 0x8 ? cursor.u32() : config.defaultFrames;
  const bytes = flags & 0x10 ? cursor.u32() : config.defaultBytes;
  return { packet: { frames, bytes }, ...(base === undefined ? {} : { base }) };
}

interface TrunContext extends PacketDefaults {
  readonly file: Uint8Array;
  /** Where the data offset counts from. */
  readonly base: number;
}

function readTrun(trun: Uint8Array, context: TrunContext, packets: Packet[]): void {
  const cursor = new FieldCursor(trun, 'trun');
  const flags = cursor.u32() & 0xff_ff_ff;
  const count = cursor.u32();
  if (packets.length + count > MAX_SEGMENT_PACKETS) throw corrupt(`more than ${MAX_SEGMENT_PACKETS} packets`);
  if (!(flags & 0x1)) throw corrupt('"trun" without data offset');
  let at = context.base + cursor.i32();
  if (flags & 0x4) cursor.skip(4);
  for (let i = 0; i < count; i++) {
    const frames = flags & 0x100 ? cursor.u32() : context.frames;
    const bytes = flags & 0x200 ? cursor.u32() : context.bytes;
    cursor.skip((flags & 0x400 ? 4 : 0) + (flags & 0x800 ? 4 : 0));
    if (bytes === 0 || at < 0 || at + bytes > context.file.length) {
      throw corrupt(`packet ${i} lies at ${at}+${bytes}, outside a segment of ${context.file.length} bytes`);
    }
    packets.push({ data: context.file.subarray(at, at + bytes), frames });
    at += bytes;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
