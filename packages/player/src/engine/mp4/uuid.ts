import { corrupt, FieldCursor } from './box.ts';

/** Usertypes of the leading `uuid` boxes (docs/format.md), in hexadecimal. */
export const PROOF_UUID = '6f1d5c1e8a544d8e9f0b2c6b7a3e5d10';
export const LEAD_IN_UUID = '6f1d5c1e8a544d8e9f0b2c6b7a3e5d11';

/** The version of both boxes that this code reads. A box of another version is ignored, as if it were absent. */
const BOX_VERSION = 1;

/** Most packets in a lead-in: 0.64 s of Opus. */
export const MAX_LEAD_IN_PACKETS = 32;

/** What the station says an `hq` segment decodes to. */
export interface SegmentProof {
  readonly epoch: string;
  readonly index: number;
  /** Station frame of the first frame. */
  readonly firstFrame: number;
  readonly frames: number;
  /** MD5 of the PCM, interleaved S24LE: 16 bytes. */
  readonly pcmMd5: Uint8Array;
}

export function parseProof(payload: Uint8Array): SegmentProof | undefined {
  const cursor = new FieldCursor(payload, 'segment proof');
  if (cursor.u8() !== BOX_VERSION) return undefined;
  cursor.skip(3);
  return {
    epoch: String.fromCharCode(...cursor.bytes(26)),
    index: cursor.u64(),
    firstFrame: cursor.u64(),
    frames: cursor.u32(),
    pcmMd5: cursor.bytes(16).slice(),
  };
}

/** The packets, oldest first. */
export function parseLeadIn(payload: Uint8Array): readonly Uint8Array[] {
  const cursor = new FieldCursor(payload, 'lead-in');
  if (cursor.u8() !== BOX_VERSION) return [];
  cursor.skip(3);
  const count = cursor.u8();
  if (count > MAX_LEAD_IN_PACKETS) throw corrupt(`lead-in of ${count} packets; at most ${MAX_LEAD_IN_PACKETS}`);
  return Array.from({ length: count }, () => cursor.bytes(cursor.u16()));
}
