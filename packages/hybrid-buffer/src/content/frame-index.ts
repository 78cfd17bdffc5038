/** Where each stored frame ends, and the sequence number it was encoded with: 16 bytes for each frame. */
export class FrameIndex {
  #ends = new Float64Array(64);
  #sequences = new Float64Array(64);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(end: number, sequence: number): void {
    if (this.#count === this.#ends.length) {
      this.#ends = doubled(this.#ends);
      this.#sequences = doubled(this.#sequences);
    }
    this.#ends[this.#count] = end;
    this.#sequences[this.#count] = sequence;
    this.#count++;
  }

  startOf(frame: number): number {
    return frame === 0 ? 0 : (this.#ends[frame - 1] ?? 0);
  }

  endOf(frame: number): number {
    return this.#ends[frame] ?? 0;
  }

  sequenceOf(frame: number): number {
    return this.#sequences[frame] ?? 0;
  }

  truncate(count: number): void {
    this.#count = count;
  }
}

function doubled(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(values.length * 2);
  grown.set(values);
  return grown;
}
