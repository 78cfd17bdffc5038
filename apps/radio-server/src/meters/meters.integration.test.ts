import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { BLOCK_FRAMES, CHANNELS, packS24le, SAMPLE_RATE, samplesOf } from '@bucket-radio/pcm';
import { music, seededRandom, serviceOrSkip, whiteNoise } from '@bucket-radio/testing';
import { describe, expect, test } from 'vitest';
import { decodeMusic, joined, quantize, recordedMusic, sine, stereo, type Wave } from '../testing/signals.ts';
import { Meters } from './meters.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
const MUSIC_SECONDS = 20 * SCALE;

/** Pink-ish noise, quieter or louder from second to second. */
function swells(seconds: number): Int32Array {
  const random = seededRandom(SEED + 7);
  const low = [0, 0];
  const gain = Array.from({ length: seconds }, () => 10 ** (-random() * 2));
  const wave = (channel: number) => (frame: number) => {
    low[channel] = 0.97 * (low[channel] as number) + 0.03 * (random() * 2 - 1);
    return 4 * (low[channel] as number) * (gain[Math.floor(frame / SAMPLE_RATE)] as number);
  };
  return stereo(seconds, wave(0), wave(1));
}

/** Without a beginning that clicks: what rings there depends on what an oversampler thinks came before. */
const swelling =
  (wave: Wave): Wave =>
  (frame) =>
    Math.min(1, frame / 4800) * wave(frame);
const scaled = (samples: Int32Array, gain: number): Int32Array => samples.map((sample) => Math.round(sample * gain));
const at = (dbfs: number, seconds: number): Int32Array => stereo(seconds, sine(1000, dbfs));

/** EBU Tech 3341 and 3342 in kind, and what they leave out. */
const SIGNALS: Readonly<Record<string, () => Int32Array>> = {
  'a sine of -23 dBFS in both channels': () => at(-23, 10),
  'a sine of -33 dBFS': () => at(-33, 10),
  'quiet, loud, quiet: the relative gate': () => joined(at(-36, 6), at(-23, 10), at(-36, 6)),
  'silence around a tone: the absolute gate': () => joined(at(-72, 5), at(-23, 10), at(-80, 5)),
  'bursts on and off: short-term': () =>
    joined(...Array.from({ length: 6 }, () => joined(at(-20, 1.34), at(-30, 1.66)))),
  'bursts on and off: momentary': () =>
    joined(...Array.from({ length: 20 }, () => joined(at(-20, 0.18), at(-30, 0.22)))),
  'two levels 10 dB apart: range': () => joined(at(-20, 10), at(-30, 10)),
  'five levels: range': () => joined(at(-50, 6), at(-35, 6), at(-20, 10), at(-35, 6), at(-50, 6)),
  'a quarter of the sample rate at 45 degrees: true peak': () => stereo(5, swelling(sine(12_000, -6, Math.PI / 4))),
  'a sixth of the sample rate at 60 degrees: true peak': () => stereo(5, swelling(sine(8_000, -6, Math.PI / 3))),
  'a click of full scale at an odd place: true peak': () => click(),
  'a sweep of 15 kHz down to 20 Hz': () => stereo(10, (frame) => 0.5 * Math.sin(3e4 * Math.exp(-frame / 1e5) * 3.14)),
  'bass in one channel, treble in the other': () => stereo(10, swelling(sine(60, -12)), swelling(sine(9_000, -24))),
  'white noise over the whole range': () => whiteNoise(10 * SAMPLE_RATE, SEED),
  'swelling noise': () => swells(15),
  'generated music': () => music(12 * SAMPLE_RATE, SEED),
  'generated music far too quiet': () => scaled(music(12 * SAMPLE_RATE, SEED + 1), 0.003),
  'generated music, clipped hard': () => music(12 * SAMPLE_RATE, SEED + 2).map((v) => quantize((v * 4) / 2 ** 23)),
};

function click(): Int32Array {
  const samples = new Int32Array(5 * SAMPLE_RATE * CHANNELS);
  // A band-limited click whose top lies between two samples.
  for (let k = -40; k < 40; k++) {
    const value = quantize((0.9 * Math.sin(Math.PI * 0.8 * (k + 0.5))) / (Math.PI * 0.8 * (k + 0.5)));
    samples.fill(value, (48_123 + k) * CHANNELS, (48_124 + k) * CHANNELS);
  }
  return samples;
}

interface Readings {
  readonly momentary: readonly number[];
  readonly shortTerm: readonly number[];
  readonly integrated: number;
  readonly range: number;
  /** Per channel: ours in dBFS, ffmpeg's as a factor. */
  readonly peaks: readonly number[];
}

function ours(samples: Int32Array): Readings {
  const meters = new Meters();
  const [momentary, shortTerm]: [number[], number[]] = [[], []];
  const bytes = packS24le(samples);
  // In blocks of 20 ms, for a reading after every 100 ms, as ffmpeg prints them.
  const frames = BLOCK_FRAMES / 2;
  for (let from = 0; from < samples.length / CHANNELS; from += frames) {
    const data = bytes.subarray(from * 6, (from + frames) * 6);
    const block = { position: from, frames: data.length / 6, data, utcMs: 0, segment: 0 };
    samplesOf(block);
    meters.add(block);
    if (((from + frames) * 10) % SAMPLE_RATE !== 0) continue;
    const { loudness } = meters.take();
    momentary.push(loudness.momentary);
    shortTerm.push(loudness.shortTerm);
  }
  const { loudness, maxPeakDbfs } = meters.take();
  return { momentary, shortTerm, integrated: loudness.integrated, range: loudness.range, peaks: maxPeakDbfs };
}

async function ffmpegs(samples: Int32Array): Promise<Readings> {
  const filter = 'ebur128=peak=true:metadata=1,ametadata=mode=print:file=-';
  const input = ['-f', 's24le', '-ar', '48000', '-ac', '2', '-i', '-'];
  const child = spawn('ffmpeg', ['-v', 'error', ...input, '-af', filter, '-f', 'null', '-'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined).end(Buffer.from(packS24le(samples)));
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const all = (name: string): number[] =>
    [...output.matchAll(new RegExp(`lavfi\\.r128\\.${name}=(.*)`, 'g'))].map((match) => Number(match[1]));
  const peak = (channel: number): number => all(`true_peaks_ch${channel}`).at(-1) ?? Number.NaN;
  return {
    momentary: all('M'),
    shortTerm: all('S'),
    integrated: all('I').at(-1) ?? Number.NaN,
    range: all('LRA').at(-1) ?? Number.NaN,
    peaks: [peak(0), peak(1)],
  };
}

/** How far a peak is from what ffmpeg prints: a factor with three decimals. */
function peakDifference(mine: number, theirs: number): number {
  const [low, high] = [theirs - 0.0005, theirs + 0.0005].map((amplitude) => 20 * Math.log10(Math.max(1e-9, amplitude)));
  return Math.max(0, (low as number) - mine, mine - (high as number));
}

/** The largest difference over all readings of the series that both can measure. */
function furthest(a: readonly number[], b: readonly number[]): number {
  return Math.max(
    0,
    ...a.map((value, i) => (value < -70 || (b[i] ?? -150) < -70 ? 0 : Math.abs(value - (b[i] as number)))),
  );
}

async function compare(name: string, samples: Int32Array): Promise<void> {
  const [mine, theirs] = [ours(samples), await ffmpegs(samples)];
  const difference = {
    momentary: furthest(mine.momentary, theirs.momentary),
    shortTerm: furthest(mine.shortTerm, theirs.shortTerm),
    // ffmpeg says -70 where nothing passes the gate.
    integrated: Math.abs(Math.max(-70, mine.integrated) - theirs.integrated),
    range: Math.abs(mine.range - theirs.range),
    peak: Math.max(...mine.peaks.map((value, channel) => peakDifference(value, theirs.peaks[channel] as number))),
  };
  if (process.env['PROVE_SCALE'] !== undefined) console.log(`meters ${name}: ${JSON.stringify(difference)}`);
  expect(mine.momentary.length).toBeGreaterThan(10);
  for (const reading of ['momentary', 'shortTerm', 'integrated', 'range'] as const) {
    expect(difference[reading], `${reading} of ${name}, LU`).toBeLessThanOrEqual(0.1);
  }
  expect(difference.peak, `true peak of ${name}, dB`).toBeLessThanOrEqual(0.2);
}

describe.skipIf(!serviceOrSkip('ffmpeg').available)('the meters read what ffmpeg ebur128 reads', () => {
  test.each(Object.keys(SIGNALS))('%s', async (name) => {
    await compare(name, (SIGNALS[name] as () => Int32Array)());
  });

  test.skipIf(recordedMusic().length === 0)('recorded music, where this machine has some', async () => {
    for (const path of recordedMusic().slice(0, Math.ceil(2 * SCALE)))
      await compare(path, await decodeMusic(path, MUSIC_SECONDS));
  });
});
