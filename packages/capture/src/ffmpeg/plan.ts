import { type Fidelity, SAMPLE_RATE } from '@bucket-radio/pcm';
import { CaptureError } from '../error.ts';
import type { AudioStream } from './probe.ts';

/** How a stream becomes 48 kHz / 24-bit stereo. */
export interface ConversionPlan {
  readonly fidelity: Fidelity;
  /** Significant bits per sample of the source; 24 for codecs that have none. */
  readonly bitDepth: number;
  /** Channels ffmpeg writes; 1 is doubled by us, because ffmpeg's own up-mix may scale. */
  readonly outputChannels: 1 | 2;
  /** ffmpeg's `-af`; absent when nothing is to be filtered. */
  readonly filter?: string;
  /** For a person: `flac 44100 Hz 16 bit stereo, resampled to 48000 Hz`. */
  readonly detail: string;
}

const LOSSLESS = /^(pcm_(?!alaw|mulaw|vidc)\w+|flac|alac|wavpack|tta|ape|mlp|truehd|tak|shorten|mp4als|wmalossless)$/;
const INTEGER = /^(u8|s16|s32)p?$/;

/**
 * Bit-perfect means: 48 kHz, integer samples of at most 24 bits, a lossless codec, one or two channels. Then no filter
 * runs and every sample is the source's own (16 bits become 24 by adding zeros; mono is put into both channels,
 * each sample unchanged). Everything else is converted.
 * @throws CaptureError `UnsupportedFormat` for a stream without a sample rate or channels
 */
export function planConversion(stream: AudioStream, name: string): ConversionPlan {
  const { codec, sampleRate, channels, sampleFormat } = stream;
  if (!(sampleRate > 0 && channels > 0)) {
    throw new CaptureError(
      'UnsupportedFormat',
      `${name}: ffmpeg found no sample rate or channels in its ${codec} stream`,
    );
  }
  const depth = trueDepth(stream);
  const notes: string[] = [];
  if (!LOSSLESS.test(codec)) notes.push('lossy codec, decoded');
  else if (!INTEGER.test(sampleFormat)) notes.push('floating point, rounded to 24 bit');
  else if (depth > 24) notes.push(`${depth} bit cut to 24`);
  if (sampleRate !== SAMPLE_RATE) notes.push(`resampled to ${SAMPLE_RATE} Hz (soxr)`);
  if (channels > 2) notes.push(`${channels} channels mixed down to stereo`);
  const fidelity = notes.length === 0 ? 'bit-perfect' : 'converted';
  if (channels === 1) notes.push('mono in both channels');
  const filter = `aresample=${SAMPLE_RATE}:resampler=soxr:precision=28:osf=s32`;
  const bits = depth > 0 && INTEGER.test(sampleFormat) && LOSSLESS.test(codec) ? ` ${depth} bit` : '';
  return {
    fidelity,
    bitDepth: bits === '' ? 24 : Math.min(depth, 24),
    outputChannels: channels === 1 ? 1 : 2,
    ...(sampleRate === SAMPLE_RATE ? {} : { filter }),
    detail: [`${codec} ${sampleRate} Hz${bits} ${layout(channels)}`, ...notes].join(', '),
  };
}

function trueDepth(stream: AudioStream): number {
  if (stream.bitDepth > 0) return stream.bitDepth;
  return Number(/\d+/.exec(stream.sampleFormat)?.[0] ?? 0);
}

function layout(channels: number): string {
  return channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`;
}
