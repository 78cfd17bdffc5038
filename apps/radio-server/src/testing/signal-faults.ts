import { CHANNELS, SAMPLE_RATE } from '@bucket-radio/pcm';
import { seededRandom } from '@bucket-radio/testing';
import type { AlertKind } from '../alerts/alert.ts';
import { joined, quantize, sine, stereo, type Wave } from './signals.ts';

/** Something that goes wrong with a signal, with its name in the guard's words. */
export interface SignalFault {
  readonly name: string;
  readonly kind: AlertKind;
  /** Seconds after which the guard must have told. */
  readonly withinSeconds: number;
  /** Seconds of the fault that are needed. */
  readonly seconds: number;
  /** @param music interleaved, at least `seconds` long, with sound in both channels */
  readonly apply: (music: Int32Array) => Int32Array;
}

/** White noise with this RMS. */
export function noise(dbfs: number, seed = 9): Wave {
  const random = seededRandom(seed);
  const amplitude = 10 ** (dbfs / 20) * Math.sqrt(3);
  return () => amplitude * (random() * 2 - 1);
}

function hum(hz: number): Wave {
  const parts = [sine(hz, -46), sine(2 * hz, -52), sine(3 * hz, -55)];
  const hiss = noise(-70);
  return (frame) => parts.reduce((sum, part) => sum + part(frame), hiss(frame));
}

type Change = (sample: number, channel: number, frame: number) => number;

const everySample =
  (change: Change) =>
  (music: Int32Array): Int32Array =>
    music.map((sample, i) => change(sample, i % CHANNELS, Math.floor(i / CHANNELS)));
const instead = (seconds: number, wave: () => Wave) => (): Int32Array => stereo(seconds, wave());

/** Loud enough to clip, whatever it was: the loudest sample becomes four times full scale. */
function tooMuchGain(music: Int32Array): Int32Array {
  let top = 1;
  for (const sample of music) top = Math.max(top, Math.abs(sample));
  return music.map((sample) => quantize((sample / top) * 4));
}

function repeated(music: Int32Array, times: number): Int32Array {
  return joined(...Array.from({ length: times }, () => music));
}

/** Mono, one side turned round, loud enough to be heard. */
function inverted(music: Int32Array): Int32Array {
  return music.map((_, i) => (i % 2 === 0 ? (music[i] as number) : -(music[i - 1] as number)));
}

export const SIGNAL_FAULTS: readonly SignalFault[] = [
  { name: 'input noise only', kind: 'silence', withinSeconds: 21, seconds: 24, apply: instead(24, () => noise(-80)) },
  { name: 'digital silence', kind: 'silence', withinSeconds: 21, seconds: 24, apply: instead(24, () => () => 0) },
  {
    name: 'a silent input with an offset',
    kind: 'silence',
    withinSeconds: 21,
    seconds: 24,
    apply: instead(24, () => () => 2e-5),
  },
  {
    name: 'a dead left channel',
    kind: 'dead-channel',
    withinSeconds: 21,
    seconds: 24,
    apply: everySample((sample, channel) => (channel === 0 ? 0 : sample)),
  },
  {
    name: 'a right channel with only noise',
    kind: 'dead-channel',
    withinSeconds: 21,
    seconds: 24,
    apply: everySample((sample, channel, frame) => (channel === 1 ? (frame % 7) * 20 : sample)),
  },
  { name: 'too much gain', kind: 'clipping', withinSeconds: 13, seconds: 16, apply: tooMuchGain },
  {
    name: 'an offset of 1.2 %',
    kind: 'dc-offset',
    withinSeconds: 71,
    seconds: 24,
    apply: (music) => repeated(music, 3).map((sample) => quantize(sample / 2 ** 23 + 0.012)),
  },
  { name: 'an inverted channel', kind: 'phase-inverted', withinSeconds: 21, seconds: 24, apply: inverted },
  {
    name: 'a stuck converter',
    kind: 'stuck-sample',
    withinSeconds: 4,
    seconds: 8,
    apply: instead(8, () => (frame) => (frame < 4 * SAMPLE_RATE ? 0.25 : -0.25)),
  },
  {
    name: 'values stuck for 80 ms now and then',
    kind: 'stuck-sample',
    withinSeconds: 4,
    seconds: 8,
    apply: everySample((sample, channel, frame) => {
      if (channel !== 0 || frame % 24_000 >= 3840) return sample;
      return frame % 48_000 < 24_000 ? 1e6 : -1e6;
    }),
  },
  { name: 'mains hum, 50 Hz', kind: 'mains-hum', withinSeconds: 15, seconds: 18, apply: instead(18, () => hum(50.03)) },
  { name: 'mains hum, 60 Hz', kind: 'mains-hum', withinSeconds: 15, seconds: 18, apply: instead(18, () => hum(59.98)) },
  {
    name: '16 bits in 24',
    kind: 'depth-16-in-24',
    withinSeconds: 21,
    seconds: 24,
    apply: everySample((sample) => (sample >> 8) << 8),
  },
];
