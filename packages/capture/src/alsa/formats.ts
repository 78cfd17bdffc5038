/** Sample layouts asked of ALSA, best first: all that a 24-bit or 16-bit converter offers. */
export const ALSA_FORMATS = ['S32_LE', 'S24_3LE', 'S24_LE', 'S16_LE'] as const;
export type AlsaFormat = (typeof ALSA_FORMATS)[number];

interface Layout {
  /** Bytes of one sample as ALSA delivers it. */
  readonly sampleBytes: number;
  /** Significant bits it can hold. */
  readonly bits: number;
}

export const LAYOUTS: Readonly<Record<AlsaFormat, Layout>> = {
  S32_LE: { sampleBytes: 4, bits: 32 },
  S24_3LE: { sampleBytes: 3, bits: 24 },
  S24_LE: { sampleBytes: 4, bits: 24 },
  S16_LE: { sampleBytes: 2, bits: 16 },
};

/**
 * The same samples as S24LE. 16 bits get eight zero bits below, 24 bits are kept, of 32 bits the upper 24 are kept:
 * exact for every converter of at most 24 bits, because those leave the lower eight bits zero
 * ({@link hasMoreThan24Bits} tells when they are not).
 */
export function toS24le(data: Uint8Array, format: AlsaFormat): Uint8Array {
  if (format === 'S24_3LE') return data;
  const { sampleBytes } = LAYOUTS[format];
  const samples = data.length / sampleBytes;
  const out = new Uint8Array(samples * 3);
  // Index of the byte that becomes the lowest of three; the layout's own top byte is always the last we copy.
  const low = format === 'S32_LE' ? 1 : format === 'S24_LE' ? 0 : -1;
  for (let i = 0, from = low, to = 0; i < samples; i++, from += sampleBytes, to += 3) {
    out[to] = low < 0 ? 0 : (data[from] as number);
    out[to + 1] = data[from + 1] as number;
    out[to + 2] = data[from + 2] as number;
  }
  return out;
}

/** Whether an S32_LE sample uses the lowest eight bits, which the station does not carry. */
export function hasMoreThan24Bits(data: Uint8Array): boolean {
  for (let i = 0; i < data.length; i += 4) if (data[i] !== 0) return true;
  return false;
}

/** Two of the channels of an interface, counted from 1. */
export type ChannelPair = readonly [left: number, right: number];

/** The pair's samples out of frames of `channels` samples, in the same layout. */
export function selectPair(data: Uint8Array, format: AlsaFormat, channels: number, pair: ChannelPair): Uint8Array {
  if (channels === 2 && pair[0] === 1 && pair[1] === 2) return data;
  const { sampleBytes } = LAYOUTS[format];
  const frames = data.length / (channels * sampleBytes);
  const out = new Uint8Array(frames * 2 * sampleBytes);
  for (let side = 0; side < 2; side++) {
    let from = ((pair[side] as number) - 1) * sampleBytes;
    for (let to = side * sampleBytes; to < out.length; to += 2 * sampleBytes, from += channels * sampleBytes) {
      for (let byte = 0; byte < sampleBytes; byte++) out[to + byte] = data[from + byte] as number;
    }
  }
  return out;
}
