/** In-place radix-2 FFT of `re + i·im`, a power of two long. Of the conjugate of a spectrum, it is the inverse (times the length). */
export function fft(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  const { cos, sin } = rotations(size);
  reorder(re, im);
  for (let span = 1; span < size; span *= 2) {
    const step = size / 2 / span;
    for (let start = 0; start < size; start += 2 * span) {
      for (let k = 0; k < span; k++) {
        const a = start + k;
        const b = a + span;
        const wr = cos[k * step] as number;
        const wi = sin[k * step] as number;
        const tr = (re[b] as number) * wr - (im[b] as number) * wi;
        const ti = (re[b] as number) * wi + (im[b] as number) * wr;
        re[b] = (re[a] as number) - tr;
        im[b] = (im[a] as number) - ti;
        re[a] = (re[a] as number) + tr;
        im[a] = (im[a] as number) + ti;
      }
    }
  }
}

interface Rotations {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** Those of the last size: a window's segments are of one length. */
let last: Rotations = { cos: new Float64Array(0), sin: new Float64Array(0) };

function rotations(size: number): Rotations {
  if (last.cos.length === size / 2) return last;
  const angles = Float64Array.from({ length: size / 2 }, (_, k) => (-2 * Math.PI * k) / size);
  last = { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
  return last;
}

function reorder(re: Float64Array, im: Float64Array): void {
  for (let i = 1, j = 0; i < re.length; i++) {
    let bit = re.length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    swap(re, i, j);
    swap(im, i, j);
  }
}

function swap(values: Float64Array, i: number, j: number): void {
  const value = values[i] as number;
  values[i] = values[j] as number;
  values[j] = value;
}
