/** Largest and smallest value of a 24-bit sample. */
export const S24_MAX = 0x7f_ff_ff;
export const S24_MIN = -0x80_00_00;

/**
 * Reads interleaved S24LE bytes as integers.
 * @param out receives `bytes.length / 3` samples; a new array when omitted
 */
export function unpackS24le(bytes: Uint8Array, out: Int32Array = new Int32Array(bytes.length / 3)): Int32Array {
  const samples = bytes.length / 3;
  for (let i = 0, b = 0; i < samples; i++, b += 3) {
    out[i] = (((bytes[b + 2] as number) << 24) | ((bytes[b + 1] as number) << 16) | ((bytes[b] as number) << 8)) >> 8;
  }
  return out;
}

/**
 * Writes integers in the 24-bit range as interleaved S24LE bytes.
 * @param out receives `samples.length × 3` bytes; a new array when omitted
 */
export function packS24le(samples: Int32Array, out: Uint8Array = new Uint8Array(samples.length * 3)): Uint8Array {
  for (let i = 0, b = 0; i < samples.length; i++, b += 3) {
    const sample = samples[i] as number;
    out[b] = sample;
    out[b + 1] = sample >> 8;
    out[b + 2] = sample >> 16;
  }
  return out;
}

/** A float sample in [-1, 1) as a 24-bit integer: scaled by 2²³, rounded, clipped. */
export function floatToS24(value: number): number {
  const scaled = Math.round(value * 0x80_00_00);
  return Math.max(S24_MIN, Math.min(S24_MAX, scaled));
}
