import type { SegmentEnd } from '@bucket-radio/pcm';
import { EncoderError } from '../encoder-error.ts';

/** User types of the two boxes that lead a media object (docs/format.md, "Our boxes"). */
const SEGMENT_PROOF = '6f1d5c1e8a544d8e9f0b2c6b7a3e5d10';
const LEAD_IN = '6f1d5c1e8a544d8e9f0b2c6b7a3e5d11';

const VERSION = 1;
/** Size, type, user type, version and flags. */
const HEADER_BYTES = 28;
const EPOCH_BYTES = 26;
const PROOF_BYTES = EPOCH_BYTES + 8 + 8 + 4 + 16;

/**
 * The box that leads an `hq` segment: which segment this is, and the MD5 of its PCM as it was captured.
 * @param epoch a ULID: 26 ASCII characters
 */
export function segmentProofBox(epoch: string, end: SegmentEnd): Uint8Array {
  if (!/^[\x21-\x7e]{26}$/.test(epoch)) {
    throw new EncoderError('invalid-option', `The epoch is ${JSON.stringify(epoch)}; use a ULID of 26 characters`);
  }
  const { box, view } = uuidBox(SEGMENT_PROOF, PROOF_BYTES);
  box.set(new TextEncoder().encode(epoch), HEADER_BYTES);
  const numbers = HEADER_BYTES + EPOCH_BYTES;
  view.setBigUint64(numbers, BigInt(end.index));
  view.setBigUint64(numbers + 8, BigInt(end.position));
  view.setUint32(numbers + 16, end.frames);
  box.set(end.pcmMd5, numbers + 20);
  return box;
}

/** The box that leads an `lq` segment: the packets before it, oldest first. Nothing when there are none. */
export function leadInBox(packets: readonly Uint8Array[]): Uint8Array {
  if (packets.length === 0) return new Uint8Array(0);
  const bytes = packets.reduce((sum, packet) => sum + 2 + packet.length, 1);
  const { box, view } = uuidBox(LEAD_IN, bytes);
  box[HEADER_BYTES] = packets.length;
  let offset = HEADER_BYTES + 1;
  for (const packet of packets) {
    view.setUint16(offset, packet.length);
    box.set(packet, offset + 2);
    offset += 2 + packet.length;
  }
  return box;
}

function uuidBox(userType: string, payloadBytes: number): { box: Uint8Array; view: DataView } {
  const box = new Uint8Array(HEADER_BYTES + payloadBytes);
  const view = new DataView(box.buffer);
  view.setUint32(0, box.length);
  box.set(new TextEncoder().encode('uuid'), 4);
  for (let i = 0; i < 16; i++) box[8 + i] = Number.parseInt(userType.slice(2 * i, 2 * i + 2), 16);
  box[24] = VERSION;
  return { box, view };
}
