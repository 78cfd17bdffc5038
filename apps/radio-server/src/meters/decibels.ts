/** Below the noise of 24 bit: stands for digital silence, which JSON cannot say as −Infinity. */
export const FLOOR_DB = -150;

/** An amplitude of which 1 is full scale, in dBFS; never below {@link FLOOR_DB}. */
export function amplitudeDb(amplitude: number): number {
  return amplitude <= 0 ? FLOOR_DB : Math.max(FLOOR_DB, 20 * Math.log10(amplitude));
}

/** BS.1770's constant: with it a 997 Hz sine at full scale in one channel reads −3.01 LUFS. */
const OFFSET_DB = -0.691;

/** Loudness of K-weighted sound, from the mean of its squares, the channels added; never below {@link FLOOR_DB}. */
export function energyToLufs(energy: number): number {
  return energy <= 0 ? FLOOR_DB : Math.max(FLOOR_DB, OFFSET_DB + 10 * Math.log10(energy));
}
