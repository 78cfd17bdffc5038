/** What a hybrid buffer is to be: one plain array and a position. */
export class Model {
  bytes: Uint8Array = new Uint8Array();
  position = 0;

  get size(): number {
    return this.bytes.length;
  }

  append(bytes: Uint8Array): void {
    this.bytes = Buffer.concat([this.bytes, bytes]);
  }

  /** The next `size` bytes, fewer at the end. */
  take(size: number): Uint8Array {
    const taken = this.bytes.subarray(this.position, this.position + size);
    this.position += taken.length;
    return taken;
  }

  /** The next bytes up to and with `delimiter`. */
  takeUntil(delimiter: number): Uint8Array | undefined {
    if (this.position === this.size) return undefined;
    const found = this.bytes.indexOf(delimiter, this.position);
    return this.take((found === -1 ? this.size : found + 1) - this.position);
  }

  truncate(size: number): void {
    this.bytes = this.bytes.subarray(0, size);
    this.position = Math.min(this.position, size);
  }

  /** A place given as a fraction of the size. */
  at(fraction: number): number {
    return Math.floor(fraction * this.size);
  }

  range(a: number, b: number): { readonly start: number; readonly end: number } {
    const [start, end] = a < b ? [this.at(a), this.at(b)] : [this.at(b), this.at(a)];
    return { start, end };
  }
}
