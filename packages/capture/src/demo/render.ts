import { floatToS24, packS24le } from '@bucket-radio/pcm';
import type { SourceInfo } from '../source.ts';
import { BASS_FRAMES, bassSound, PLUCK_FRAMES, pluckSound } from './notes.ts';
import { addPads } from './pads.ts';
import { bassAt, melodyAt, STEP_FRAMES } from './score.ts';

const PLUCK_LEVEL = 0.12;
const BASS_LEVEL = 0.13;

/** Echoes of the melody: dotted eighths, from side to side, each softer. Later copies of the note, not feedback. */
const ECHOES: readonly { readonly frames: number; readonly level: number; readonly pan: number }[] = [
  { frames: 0, level: 1, pan: 0 },
  { frames: 1.5 * STEP_FRAMES, level: 0.42, pan: -0.7 },
  { frames: 3 * STEP_FRAMES, level: 0.24, pan: 0.7 },
  { frames: 4.5 * STEP_FRAMES, level: 0.12, pan: -0.5 },
];
const LONGEST_ECHO = 4.5 * STEP_FRAMES;

/** −3.2 dBFS. Above half of full scale the sum is bent towards this ceiling and never reaches it. */
const CEILING = 0.69;
const KNEE = 0.5;

export const demoInfo: SourceInfo = {
  kind: 'demo',
  name: 'demo',
  fidelity: 'bit-perfect',
  bitDepth: 24,
  live: false,
  detail: 'generated music: pads, bass and a slow melody in D, endless',
};

/**
 * Frames `[position, position + frames)` of the demo music as interleaved S24LE. A pure function of the position: any
 * way of cutting the calls gives the same samples.
 */
export function renderDemo(position: number, frames: number): Uint8Array {
  const left = new Float64Array(frames);
  const right = new Float64Array(frames);
  addPads(left, right, position);
  addBass(left, right, position);
  addMelody(left, right, position);
  const samples = new Int32Array(frames * 2);
  for (let i = 0; i < frames; i++) {
    samples[2 * i] = floatToS24(limit(left[i] as number));
    samples[2 * i + 1] = floatToS24(limit(right[i] as number));
  }
  return packS24le(samples);
}

function addBass(left: Float64Array, right: Float64Array, position: number): void {
  for (const step of stepsSounding(position, left.length, BASS_FRAMES)) {
    const bass = bassAt(step);
    if (!bass) continue;
    const sound = bassSound(bass.note);
    addNote(left, sound, step * STEP_FRAMES - position, bass.velocity * BASS_LEVEL);
    addNote(right, sound, step * STEP_FRAMES - position, bass.velocity * BASS_LEVEL);
  }
}

function addMelody(left: Float64Array, right: Float64Array, position: number): void {
  for (const step of stepsSounding(position, left.length, PLUCK_FRAMES + LONGEST_ECHO)) {
    const melody = melodyAt(step);
    if (!melody) continue;
    const sound = pluckSound(melody.note);
    for (const echo of ECHOES) {
      const start = step * STEP_FRAMES + echo.frames - position;
      const level = melody.velocity * echo.level * PLUCK_LEVEL;
      const pan = echo.frames === 0 ? melody.pan : echo.pan;
      addNote(left, sound, start, level * Math.sqrt((1 - pan) / 2) * Math.SQRT2);
      addNote(right, sound, start, level * Math.sqrt((1 + pan) / 2) * Math.SQRT2);
    }
  }
}

/** Steps whose note, if it is `length` frames long, sounds somewhere in `[position, position + frames)`. */
function* stepsSounding(position: number, frames: number, length: number): Iterable<number> {
  const first = Math.max(0, Math.floor((position - length) / STEP_FRAMES));
  const last = Math.floor((position + frames - 1) / STEP_FRAMES);
  for (let step = first; step <= last; step++) yield step;
}

/** @param start frame of the output at which the note begins; may be negative */
function addNote(out: Float64Array, sound: Float32Array, start: number, level: number): void {
  const end = Math.min(out.length, start + sound.length);
  for (let i = Math.max(0, start); i < end; i++) {
    out[i] = (out[i] as number) + (sound[i - start] as number) * level;
  }
}

/** Identity up to the knee, then a smooth bend (first derivative 1 at the knee) below {@link CEILING}. */
function limit(value: number): number {
  const size = Math.abs(value);
  if (size <= KNEE) return value;
  const over = (size - KNEE) / (CEILING - KNEE);
  return Math.sign(value) * (KNEE + (CEILING - KNEE) * (over / (1 + over)));
}
