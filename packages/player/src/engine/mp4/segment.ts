import { type BoxHead, boxHead, child, corrupt, descend, FieldCursor, viewOf } from './box.ts';
import type { CodecConfig } from './init.ts';
import { LEAD_IN_UUID, PROOF_UUID, parseLeadIn, parseProof, type SegmentProof } from './uuid.ts';

/** One coded packet: a FLAC frame or an Opus packet. */
export interface Packet {
  /** A view into the segment. */
  readonly data: Uint8Array;
  /** Frames it decodes to. */
  readonly frames: number;
}

/** What a segment says before its first packet. */
export interface SegmentHead {
  /** Station frame of the first packet. */
  readonly position: number;
  /** Frames of all packets (of the first fragment, should there be several). */
  readonly frames: number;
  /** Packets before `position` that warm up a fresh decoder; their output is thrown away. */
  readonly leadIn: readonly Uint8Array[];
  /** Present in `hq`. */
  readonly proof?: SegmentProof | undefined;
}

/** A media segment, taken apart. */
export interface MediaSegment extends SegmentHead {
  readonly packets: readonly Packet[];
}

/** 8 MiB: three times the largest 10 s segment of 24-bit stereo, uncompressed. */
export const MAX_SEGMENT_BYTES = 8_388_608;

/** Most packets of a segment: 10 s of the shortest Opus packets are 4000. */
export const MAX_SEGMENT_PACKETS = 4096;

/** Room for the first bytes; it doubles when they do not fit. */
const FIRST_CAPACITY = 65_536;

/** Where a packet lies in the file. */
interface PacketPlace {
  readonly at: number;
  readonly bytes: number;
  readonly frames: number;
}

/**
 * Reads `moof` + `mdat` segments while they arrive: every packet is handed out as soon as its last byte is there.
 * Keeps the bytes, since packets are views into them.
 */
export class SegmentReader {
  /** Known once the first `moof` is there. */
  head: SegmentHead | undefined;
  readonly #config: CodecConfig;
  readonly #places: PacketPlace[] = [];
  #leadIn: readonly Uint8Array[] = [];
  #proof: SegmentProof | undefined;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_CAPACITY);
  #length = 0;
  /** Offset of the next box. */
  #boxAt = 0;
  /** Packets handed out. */
  #given = 0;

  constructor(config: CodecConfig) {
    this.#config = config;
  }

  /** Everything that has arrived. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Whether every packet that was announced is there. */
  get complete(): boolean {
    return this.head !== undefined && this.#given === this.#places.length;
  }

  /** The packets that `part` completes. @throws PlayerError SegmentCorrupt */
  push(part: Uint8Array): Packet[] {
    this.#append(part);
    while (this.#readBox(false));
    return this.#take();
  }

  /** The end of the file. @throws PlayerError SegmentCorrupt when something is missing */
  finish(): SegmentHead {
    while (this.#readBox(true));
    if (this.head === undefined) throw corrupt('no "moof" box in the segment');
    const next = this.#places[this.#given];
    if (next === undefined) return this.head;
    throw corrupt(`packet ${this.#given} lies at ${next.at}+${next.bytes}; a segment has ${this.#length} bytes`);
  }

  #append(part: Uint8Array): void {
    const length = this.#length + part.length;
    if (length > MAX_SEGMENT_BYTES) throw corrupt(`segment of ${length} bytes; at most ${MAX_SEGMENT_BYTES}`);
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      larger.set(this.bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(part, this.#length);
    this.#length = length;
  }

  /** Reads the next box if it is there, or at the end of the file demands it; returns whether there may be another. */
  #readBox(atEnd: boolean): boolean {
    const from = this.#boxAt;
    const left = this.#length - from;
    if (left <= 0 && !(atEnd && left < 0)) return false;
    const head = left < 8 ? undefined : knownBoxHead(this.#bytes, from, left, atEnd);
    if (head === undefined) {
      if (!atEnd) return false;
      throw corrupt(left < 0 ? 'the file is truncated' : `${left} bytes after the last box`);
    }
    const { type, header, size } = head;
    if (size < header || size > MAX_SEGMENT_BYTES || (atEnd && size > left)) {
      throw corrupt(`box "${type}" says ${size} bytes; ${left} are there: the file is truncated`);
    }
    if (type !== 'mdat' && size > left) return false;
    if (type !== 'mdat') this.#readBody(type, this.#bytes.subarray(from + header, from + size), from);
    this.#boxAt = from + size;
    return true;
  }

  #readBody(type: string, body: Uint8Array, offset: number): void {
    if (type === 'moof') {
      const position = readFragment(offset, body, this.#config, this.#places);
      const frames = this.#places.reduce((sum, place) => sum + place.frames, 0);
      this.head ??= { position, frames, leadIn: this.#leadIn, proof: this.#proof };
    } else if (type === 'uuid') {
      const usertype = hex(body.subarray(0, 16));
      if (usertype === PROOF_UUID) this.#proof = parseProof(body.subarray(16));
      if (usertype === LEAD_IN_UUID) this.#leadIn = parseLeadIn(body.slice(16));
    }
  }

  #take(): Packet[] {
    const packets: Packet[] = [];
    for (let next = this.#places[this.#given]; next !== undefined; next = this.#places[this.#given]) {
      if (next.at + next.bytes > this.#length) break;
      packets.push({ data: this.#bytes.subarray(next.at, next.at + next.bytes), frames: next.frames });
      this.#given++;
    }
    return packets;
  }
}

/** Reads a whole segment. @throws PlayerError SegmentCorrupt */
export function parseSegment(bytes: Uint8Array, config: CodecConfig): MediaSegment {
  const reader = new SegmentReader(config);
  const packets = reader.push(bytes);
  return { ...reader.finish(), frames: packets.reduce((sum, packet) => sum + packet.frames, 0), packets };
}

/** Type and size of the box at `at`; `undefined` while its size is not known yet. */
function knownBoxHead(bytes: Uint8Array, at: number, left: number, atEnd: boolean): BoxHead | undefined {
  const size32 = viewOf(bytes).getUint32(at);
  // Size 0: up to the end of the file, wherever that turns out to be.
  if (!atEnd && (size32 === 0 || (size32 === 1 && left < 16))) return undefined;
  return boxHead(bytes, at, left);
}

/** Appends the packets of one `moof`; returns its decode time. */
function readFragment(moofOffset: number, moof: Uint8Array, config: CodecConfig, places: PacketPlace[]): number {
  const traf = descend(moof, 'traf');
  const defaults = readTfhd(descend(traf, 'tfhd'), config);
  const tfdt = new FieldCursor(descend(traf, 'tfdt'), 'tfdt');
  const version = tfdt.u8();
  tfdt.skip(3);
  const position = version === 1 ? tfdt.u64() : tfdt.u32();
  const trun = child(traf, 'trun');
  if (trun === undefined) throw corrupt('no "trun" box in the fragment');
  readTrun(trun, { base: defaults.base ?? moofOffset, ...defaults.packet }, places);
  return position;
}

interface PacketDefaults {
  readonly frames: number;
  readonly bytes: number;
}

function readTfhd(tfhd: Uint8Array, config: CodecConfig): { base: number | undefined; packet: PacketDefaults } {
  const cursor = new FieldCursor(tfhd, 'tfhd');
  const flags = cursor.u32() & 0xff_ff_ff;
  cursor.skip(4);
  const base = flags & 0x1 ? cursor.u64() : undefined;
  if (flags & 0x2) cursor.skip(4);
  const frames = flags & 0x8 ? cursor.u32() : config.defaultFrames;
  const bytes = flags & 0x10 ? cursor.u32() : config.defaultBytes;
  return { base, packet: { frames, bytes } };
}

interface TrunContext extends PacketDefaults {
  /** Where the data offset counts from. */
  readonly base: number;
}

function readTrun(trun: Uint8Array, context: TrunContext, places: PacketPlace[]): void {
  const cursor = new FieldCursor(trun, 'trun');
  const flags = cursor.u32() & 0xff_ff_ff;
  const count = cursor.u32();
  if (places.length + count > MAX_SEGMENT_PACKETS) throw corrupt(`more than ${MAX_SEGMENT_PACKETS} packets`);
  if (!(flags & 0x1)) throw corrupt('"trun" without data offset');
  let at = context.base + cursor.i32();
  if (flags & 0x4) cursor.skip(4);
  for (let i = 0; i < count; i++) {
    const frames = flags & 0x100 ? cursor.u32() : context.frames;
    const bytes = flags & 0x200 ? cursor.u32() : context.bytes;
    cursor.skip((flags & 0x400 ? 4 : 0) + (flags & 0x800 ? 4 : 0));
    if (bytes === 0 || at < 0 || at + bytes > MAX_SEGMENT_BYTES) {
      throw corrupt(`packet ${i} lies at ${at}+${bytes}; a segment has at most ${MAX_SEGMENT_BYTES} bytes`);
    }
    places.push({ at, bytes, frames });
    at += bytes;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
