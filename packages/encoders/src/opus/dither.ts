const SEED = 0x9e_37_79_b9;
const LSB = 256;
const MAX = 0x7f_ff;
const MIN = -0x80_00;

/** Turns interleaved 24-bit samples into 16-bit ones: all of `samples`, into `out` from `at` on. */
export type Dither = (samples: Int32Array, out: Int16Array, at?: number) => void;

/**
 * Triangular dither of ±1 LSB (TPDF): the rounding error of 24 → 16 bit becomes a steady, signal-independent noise floor
 * instead of distortion. One xorshift32 draw per sample, of which two bytes are used; the same sequence in every run, so equal input makes
 * equal packets.
 */
export function createTpdfDither(seed: number = SEED): Dither {
  let kept = seed | 0;
  return (samples, out, at = 0) => {
    // In a register for the length of the loop: a variable of the closure would be written to memory for each sample.
    let state = kept;
    for (let i = 0; i < samples.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      // The difference of two uniform bytes is triangular in (-1, 1) LSB; adding half an LSB makes the shift round.
      const rounded = ((samples[i] as number) + ((state >>> 8) & 0xff) - (state >>> 24) + LSB / 2) >> 8;
      out[at + i] = Math.max(MIN, Math.min(MAX, rounded));
    }
    kept = state;
  };
}
