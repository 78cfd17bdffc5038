import { CHANNELS, SAMPLE_RATE } from '@bucket-radio/pcm';
import type { Tools } from '../tool.ts';

/** A sound server's recorder: what it is called and how it is asked for raw S24LE stereo at 48 kHz. */
export interface Recorder {
  readonly kind: 'pulse' | 'pipewire';
  readonly server: string;
  readonly tool: keyof Tools;
  arguments(source: string | undefined): string[];
}

/** The recorder hands over this often; the servers themselves buffer seconds. */
const LATENCY_MS = 40;

export const PULSE: Recorder = {
  kind: 'pulse',
  server: 'PulseAudio',
  tool: 'parec',
  arguments: (source) => [
    '--raw',
    '--format=s24le',
    `--rate=${SAMPLE_RATE}`,
    `--channels=${CHANNELS}`,
    `--latency-msec=${LATENCY_MS}`,
    ...(source === undefined ? [] : [`--device=${source}`]),
  ],
};

export const PIPEWIRE: Recorder = {
  kind: 'pipewire',
  server: 'PipeWire',
  tool: 'pwRecord',
  arguments: (target) => [
    '--raw',
    '--format=s24',
    `--rate=${SAMPLE_RATE}`,
    `--channels=${CHANNELS}`,
    `--latency=${LATENCY_MS}ms`,
    ...(target === undefined ? [] : [`--target=${target}`]),
    '-',
  ],
};
