/** Frames with sound in them before the true depth is told. */
const MIN_FRAMES = 48_000;

/**
 * Finds how many bits of a source's samples are ever used: a 16-bit converter behind a 24-bit interface leaves the low
 * eight at zero. Takes S24LE stereo as it was captured, without inserted silence.
 */
export class DepthMeter {
  #low = 0;
  #middle = 0;
  #high = 0;
  #frames = 0;
  #finerThan24 = false;

  add(data: Uint8Array): void {
    if ((this.#low & 1) === 1) {
      this.#count(data.length);
      return;
    }
    let [low, middle, high] = [0, 0, 0];
    for (let i = 0; i < data.length; i += 3) {
      low |= data[i] as number;
      middle |= data[i + 1] as number;
      high |= data[i + 2] as number;
    }
    if ((low | middle | high) === 0) return;
    this.#low |= low;
    this.#middle |= middle;
    this.#high |= high;
    this.#count(data.length);
  }

  /** Bits below the 24th were seen, which the station does not carry. */
  addFiner(): void {
    this.#finerThan24 = true;
  }

  /** 1 to 24, or 32 when bits below the 24th are used; `null` until a second of sound was heard. */
  get bits(): number | null {
    if (this.#frames < MIN_FRAMES) return null;
    if (this.#finerThan24) return 32;
    const used = this.#low | (this.#middle << 8) | (this.#high << 16);
    return 24 - (31 - Math.clz32(used & -used));
  }

  #count(bytes: number): void {
    if (this.#frames < MIN_FRAMES) this.#frames += bytes / 6;
  }
}
