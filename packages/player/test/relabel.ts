/** Offsets of the index and of the first frame in a segment proof, which leads the file. */
const PROOF_INDEX_AT = 54;
const PROOF_FRAME_AT = 62;
const PROOF_BYTES = 90;

/** The same sound as segment `index` of `frames` frames: another decode time, and another place in the proof. */
export function relabelled(segment: Uint8Array, index: number, frames: number): Uint8Array {
  const copy = Buffer.from(segment);
  if (copy.readUInt32BE(0) === PROOF_BYTES) {
    copy.writeBigUInt64BE(BigInt(index), PROOF_INDEX_AT);
    copy.writeBigUInt64BE(BigInt(index * frames), PROOF_FRAME_AT);
  }
  // Version 1: 64 bits of time after version and flags.
  const tfdt = copy.indexOf('tfdt');
  if (copy[tfdt + 4] !== 1) throw new Error('tfdt of 32 bits');
  copy.writeBigUInt64BE(BigInt(index * frames), tfdt + 8);
  return copy;
}
