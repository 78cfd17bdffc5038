const SEED = 0x9e_37_79_b9;
const LSB = 256;
const MAX = 0x7f_ff;
const MIN = -0x80_00;

/** Turns a 24-bit sample into a 16-bit one. */
export type Dither = (sample: number) => number;

/**
 * Triangular dither of ±1 LSB (TPDF): the rounding error of 24 → 16 bit becomes a steady, signal-independent noise floor
 * instead of distortion. One xorshift32 draw per sample, of which two bytes are used; the same sequence in every run, so equal input makes
 * equal packets.
 */
export function createTpdfDither(seed: number = SEED): Dither {
  let state = seed | 0;
  return (sample) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    // The difference of two uniform bytes is triangular in (-1, 1) LSB; adding half an LSB makes the shift round.
    return Math.max(MIN, Math.min(MAX, (sample + ((state >>> 8) & 0xff) - (state >>> 24) + LSB / 2) >> 8));
  };
}
