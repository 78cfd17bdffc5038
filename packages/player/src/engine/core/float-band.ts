/** Segments that are looked at before a jump; at 1 s segments half a minute, so that one hiccup decides nothing. */
const MIN_SAMPLES = 8;
const MIN_SECONDS = 30;

/** Less in hand than this share of the safety, twice, and the next hiccup would be heard. */
const LOW_SHARE = 0.25;

/**
 * How much sound was in hand whenever a segment came in, and what follows from it. The listener's clock runs a little
 * faster or slower than the station's, and lossless sound is never stretched: so what is in hand floats, and once it has
 * left its band for good, one jump with a short cross-fade brings it back.
 */
export class FloatBand {
  #margins: number[] = [];

  /**
   * @param marginMs what was in hand when the segment began to arrive
   * @returns milliseconds to jump forward, negative to go back; 0 nearly always
   */
  observe(marginMs: number, segmentSeconds: number, safetyMs: number, bandMs: number): number {
    const size = Math.max(MIN_SAMPLES, Math.ceil(MIN_SECONDS / segmentSeconds));
    this.#margins = [...this.#margins, marginMs].slice(-size);
    const sorted = this.#margins.toSorted((a, b) => a - b);
    const second = sorted[1];
    if (second !== undefined && second < safetyMs * LOW_SHARE) return this.#jump(second - safetyMs);
    const least = sorted[0];
    if (sorted.length < size || least === undefined || least <= safetyMs + bandMs) return 0;
    return this.#jump(least - safetyMs);
  }

  reset(): void {
    this.#margins = [];
  }

  #jump(ms: number): number {
    this.reset();
    return ms;
  }
}
