import { BLOCK_FRAMES, packS24le, S24_MAX, SAMPLE_RATE } from '@bucket-radio/pcm';
import type { SourceInfo } from './source.ts';
import type { SourceSpec } from './spec.ts';
import type { PcmBytes } from './timeline.ts';

type ToneSpec = Extract<SourceSpec, { kind: 'tone' }>;

/** Frames after which any tone of whole millihertz repeats exactly; keeps the phase exact after years. */
const PERIOD_FRAMES = SAMPLE_RATE * 1000;

export function toneInfo(spec: ToneSpec): SourceInfo {
  const detail = `sine of ${spec.frequencyHz} Hz at ${spec.levelDbfs} dBFS in both channels`;
  return { kind: 'tone', name: 'tone', fidelity: 'bit-perfect', bitDepth: 24, live: false, detail };
}

/** Frames `[position, position + frames)` of the tone: a pure function of the position. */
export function renderTone(spec: ToneSpec, position: number, frames: number): Uint8Array {
  const amplitude = 10 ** (spec.levelDbfs / 20) * S24_MAX;
  const cyclesPerFrame = spec.frequencyHz / SAMPLE_RATE;
  const samples = new Int32Array(frames * 2);
  for (let i = 0; i < frames; i++) {
    const cycles = ((position + i) % PERIOD_FRAMES) * cyclesPerFrame;
    const value = Math.round(amplitude * Math.sin(2 * Math.PI * (cycles % 1)));
    samples[2 * i] = value;
    samples[2 * i + 1] = value;
  }
  return packS24le(samples);
}

/** An endless source from a function of the position. */
export async function* generated(
  render: (position: number, frames: number) => Uint8Array,
  startFrame: number,
): PcmBytes {
  for (let position = startFrame; ; position += BLOCK_FRAMES) {
    yield render(position, BLOCK_FRAMES);
  }
}
