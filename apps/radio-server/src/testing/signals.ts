import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { CHANNELS, S24_MAX, S24_MIN, SAMPLE_RATE } from '@bucket-radio/pcm';

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

/** Recorded music on this machine, in `PROVE_MUSIC_DIR` or where Debian's `wesnoth-1.16-music` has it; else nothing. */
export function recordedMusic(): string[] {
  const directory = process.env['PROVE_MUSIC_DIR'] ?? DEFAULT_MUSIC_DIR;
  try {
    const names = readdirSync(directory).sort();
    return names.filter((name) => MUSIC_FILES.has(extname(name))).map((name) => join(directory, name));
  } catch {
    return [];
  }
}
