import { SAMPLE_RATE } from '@bucket-radio/pcm';

/**
 * The music as data: what sounds when, as a pure function of whole steps since frame 0. It never ends and never
 * repeats as a whole: the chords go round, the melody is drawn anew each bar from a fixed hash.
 */

/** An eighth note at 75 beats per minute: 0.4 s. All times in the score are whole numbers of it. */
export const STEP_FRAMES: number = 0.4 * SAMPLE_RATE;
const STEPS_PER_BAR = 8;
const STEPS_PER_CHORD = 16;
export const CHORD_FRAMES: number = STEPS_PER_CHORD * STEP_FRAMES;

/** A chord, as MIDI note numbers (69 = A4 = 440 Hz). */
export interface Chord {
  readonly bass: number;
  readonly pad: readonly [number, number, number, number];
}

/** D major, moved by small steps so that the pads glide: D, Bm7, G maj9, A sus4, F#m7, Bm9, Em9, A7 sus4. */
const CHORDS: readonly Chord[] = [
  { bass: 38, pad: [50, 57, 64, 66] },
  { bass: 35, pad: [50, 57, 59, 66] },
  { bass: 43, pad: [50, 59, 62, 66] },
  { bass: 45, pad: [52, 57, 62, 64] },
  { bass: 42, pad: [52, 57, 61, 66] },
  { bass: 35, pad: [50, 57, 61, 66] },
  { bass: 40, pad: [50, 55, 59, 66] },
  { bass: 45, pad: [50, 55, 59, 64] },
];

/** D major pentatonic, D4 to B5: every note of it suits every chord above. */
const MELODY_NOTES: readonly number[] = [62, 64, 66, 69, 71, 74, 76, 78, 81, 83];

/** Shapes of one bar, as steps on the scale; `-` rests. */
const FIGURES: readonly (readonly (number | '-')[])[] = [
  [0, 2, 3, 5, 4, 3, 2, '-'],
  [4, '-', 3, 2, '-', 3, 5, '-'],
  [0, 2, 4, 6, '-', 4, 3, 2],
  [5, 4, '-', 2, 3, '-', 0, 2],
  [2, '-', 4, '-', 5, 4, '-', 3],
  [0, '-', '-', 4, 3, '-', 2, '-'],
];

export function chordAt(index: number): Chord {
  return CHORDS[index % CHORDS.length] as Chord;
}

/** A plucked note. */
export interface MelodyNote {
  readonly note: number;
  /** 0 to 1. */
  readonly velocity: number;
  /** -1 left, 1 right. */
  readonly pan: number;
}

/** The melody note that starts with `step`, if one does. */
export function melodyAt(step: number): MelodyNote | undefined {
  const bar = Math.floor(step / STEPS_PER_BAR);
  const place = step % STEPS_PER_BAR;
  // One bar in six is left to the chords and the echoes.
  if (hash(bar, 5) % 6 === 0) return undefined;
  const figure = FIGURES[hash(bar, 1) % FIGURES.length] as readonly (number | '-')[];
  const degree = figure[place];
  if (typeof degree !== 'number') return undefined;
  const lift = hash(bar, 2) % 4;
  const accent = place === 0 ? 1 : place % 2 === 0 ? 0.8 : 0.62;
  return {
    note: MELODY_NOTES[degree + lift] as number,
    velocity: accent * swell(bar) * (0.85 + (hash(step, 3) % 100) / 650),
    pan: ((hash(step, 4) % 100) / 100 - 0.5) * 0.9,
  };
}

/** Phrases of eight bars grow and fade. */
function swell(bar: number): number {
  return 0.8 + 0.2 * Math.sin((2 * Math.PI * (bar % 8)) / 8);
}

/** A bass note. */
export interface BassNote {
  readonly note: number;
  readonly velocity: number;
}

/** The bass note that starts with `step`: the root on each bar, an octave or fifth before the next one. */
export function bassAt(step: number): BassNote | undefined {
  const { bass } = chordAt(Math.floor(step / STEPS_PER_CHORD));
  const place = step % STEPS_PER_CHORD;
  if (place === 0) return { note: bass, velocity: 1 };
  if (place === 8) return { note: bass, velocity: 0.85 };
  if (place === 5) return { note: bass + 12, velocity: 0.5 };
  if (place === 13) return { note: bass + 7, velocity: 0.6 };
  return undefined;
}

export function noteHz(note: number): number {
  return 440 * 2 ** ((note - 69) / 12);
}

/** A fixed 31-bit hash of two whole numbers (the finaliser of MurmurHash3): chance that is the same everywhere. */
function hash(value: number, salt: number): number {
  let h = Math.imul(value | 0, 0x9e37_79b1) ^ Math.imul(salt, 0x85eb_ca6b);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85eb_ca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 1;
}
