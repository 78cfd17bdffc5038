import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { BYTES_PER_FRAME, CHANNELS, S24_MAX, S24_MIN, SAMPLE_RATE, unpackS24le } from '@bucket-radio/pcm';

/** A sound of one channel: its amplitude (1 is full scale) at a frame. */
export type Wave = (frame: number) => number;

export function sine(hz: number, dbfs: number, phase = 0): Wave {
  const amplitude = 10 ** (dbfs / 20);
  const step = (2 * Math.PI * hz) / SAMPLE_RATE;
  return (frame) => amplitude * Math.sin(step * frame + phase);
}

/** Interleaved 24-bit stereo of two waves; what is out of range is clipped, as a converter does. */
export function stereo(seconds: number, left: Wave, right: Wave = left): Int32Array {
  const samples = new Int32Array(Math.round(seconds * SAMPLE_RATE) * CHANNELS);
  for (let i = 0; i < samples.length; i += CHANNELS) {
    samples[i] = quantize(left(i / CHANNELS));
    samples[i + 1] = quantize(right(i / CHANNELS));
  }
  return samples;
}

export function quantize(amplitude: number): number {
  return Math.max(S24_MIN, Math.min(S24_MAX, Math.round(amplitude * (S24_MAX + 1))));
}

export function joined(...parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Where Debian's package `wesnoth-1.16-music` puts an orchestral soundtrack. */
const DEFAULT_MUSIC_DIR = '/usr/share/games/wesnoth/1.16/data/core/music';
const MUSIC_FILES = new Set(['.flac', '.ogg', '.opus', '.mp3', '.wav']);

/** Jingles are shorter. */
const MIN_MUSIC_BYTES = 1_500_000;

/** Recorded music on this machine, in `PROVE_MUSIC_DIR` or where Debian's `wesnoth-1.16-music` has it; else nothing. */
export function recordedMusic(): string[] {
  const directory = process.env['PROVE_MUSIC_DIR'] ?? DEFAULT_MUSIC_DIR;
  try {
    const names = readdirSync(directory).sort();
    const paths = names.filter((name) => MUSIC_FILES.has(extname(name))).map((name) => join(directory, name));
    return paths.filter((path) => statSync(path).size >= MIN_MUSIC_BYTES);
  } catch {
    process.stderr.write(
      `[skip] recorded music: none in ${directory}; set PROVE_MUSIC_DIR, or apt-get install wesnoth-1.16-music\n`,
    );
    return [];
  }
}

/** Decodes with ffmpeg, from `fromSecond` on. @returns interleaved 24-bit stereo at 48 kHz */
export async function decodeMusic(path: string, seconds: number, fromSecond = 0, gainDb = 0): Promise<Int32Array> {
  const input = ['-ss', String(fromSecond), '-i', path];
  const output = [
    '-t',
    String(seconds),
    '-af',
    `volume=${gainDb}dB`,
    '-f',
    's24le',
    '-ar',
    String(SAMPLE_RATE),
    '-ac',
    String(CHANNELS),
    '-',
  ];
  const child = spawn('ffmpeg', ['-v', 'error', ...input, ...output], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const frames = Math.floor(bytes.length / BYTES_PER_FRAME);
  return unpackS24le(bytes.subarray(0, frames * BYTES_PER_FRAME), new Int32Array(frames * CHANNELS));
}
