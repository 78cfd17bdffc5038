import { floatToS24 } from '@bucket-radio/pcm';
import type { PcmBatch } from './decoder.ts';
import { Md5 } from './md5.ts';

/** Computes the MD5 of decoded sound the way the station did at capture: as interleaved S24LE. */
export class PcmVerifier {
  readonly #md5: Md5 = new Md5();
  #bytes: Uint8Array = new Uint8Array(0);

  update({ left, right }: PcmBatch): void {
    const length = left.length * 6;
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    const bytes = this.#bytes;
    for (let i = 0, at = 0; i < left.length; i++, at += 6) {
      write(bytes, at, floatToS24(left[i] as number));
      write(bytes, at + 3, floatToS24(right[i] as number));
    }
    this.#md5.update(bytes.subarray(0, length));
  }

  /** Whether everything so far has this MD5. Ends the computation. */
  matches(md5: Uint8Array): boolean {
    const digest = this.#md5.digest();
    return md5.length === digest.length && digest.every((byte, i) => byte === md5[i]);
  }
}

function write(bytes: Uint8Array, at: number, sample: number): void {
  bytes[at] = sample;
  bytes[at + 1] = sample >> 8;
  bytes[at + 2] = sample >> 16;
}
