import { SAMPLE_RATE } from '@bucket-radio/pcm';
import { CHORD_FRAMES, chordAt, noteHz } from './score.ts';
import { smooth, TABLE_MASK, TABLE_SIZE, wavetable } from './wavetable.ts';

/** Fade in, and fade out past the chord's end: neighbouring chords overlap, so the pads are never silent. */
const ATTACK_FRAMES = 1.8 * SAMPLE_RATE;
const RELEASE_FRAMES = 2.6 * SAMPLE_RATE;

const LEVEL = 0.045;
/** Half the detuning between left and right, as a ratio (about 3 cents): width without a phase effect in mono. */
const DETUNE = 0.0009;

/** The pad breathes between a dark and a brighter table, once in 11 s, the right channel a quarter later. */
const DARK = wavetable([1, 0.28, 0.09, 0.03]);
const BRIGHT = wavetable([1, 0.5, 0.34, 0.2, 0.13, 0.08, 0.05, 0.03]);
const SINE = wavetable([1]);
const BREATH_FRAMES = 11 * SAMPLE_RATE;

/** Adds the pads of frames `[position, position + frames)` to both channels. */
export function addPads(left: Float64Array, right: Float64Array, position: number): void {
  const frames = left.length;
  const breathLeft = breath(position, frames, 0);
  const breathRight = breath(position, frames, BREATH_FRAMES / 4);
  const first = Math.max(0, Math.floor((position - RELEASE_FRAMES) / CHORD_FRAMES));
  const last = Math.floor((position + frames - 1) / CHORD_FRAMES);
  for (let chord = first; chord <= last; chord++) {
    const envelope = chordEnvelope(position - chord * CHORD_FRAMES, frames);
    chordAt(chord).pad.forEach((note, voice) => {
      const cycles = noteHz(note) / SAMPLE_RATE;
      // Voices alternate sides a little, the lowest stays in the middle.
      const side = [0, 0.35, -0.35, 0.2][voice] as number;
      const since = position - chord * CHORD_FRAMES;
      addOscillator(left, {
        cycles: cycles * (1 - DETUNE),
        level: LEVEL * (1 - side),
        since,
        envelope,
        breath: breathLeft,
      });
      addOscillator(right, {
        cycles: cycles * (1 + DETUNE),
        level: LEVEL * (1 + side),
        since,
        envelope,
        breath: breathRight,
      });
    });
  }
}

interface Oscillator {
  readonly cycles: number;
  readonly level: number;
  /** Frames from the oscillator's start to the first frame of the output; may be negative. */
  readonly since: number;
  readonly envelope: Float64Array;
  readonly breath: Float64Array;
}

/** The phase is a product, never a running sum: the same frame gives the same sample however the calls are cut. */
function addOscillator(out: Float64Array, { cycles, level, since, envelope, breath }: Oscillator): void {
  const step = cycles * TABLE_SIZE;
  for (let i = Math.max(0, -since); i < out.length; i++) {
    const phase = (since + i) * step;
    const whole = Math.floor(phase);
    const part = phase - whole;
    const at = whole & TABLE_MASK;
    const dark = lerp(DARK, at, part);
    const bright = lerp(BRIGHT, at, part);
    const sound = dark + (bright - dark) * (breath[i] as number);
    out[i] = (out[i] as number) + sound * level * (envelope[i] as number);
  }
}

function lerp(table: Float64Array, at: number, part: number): number {
  const value = table[at] as number;
  return value + ((table[at + 1] as number) - value) * part;
}

function chordEnvelope(since: number, frames: number): Float64Array {
  const envelope = new Float64Array(frames);
  for (let i = 0; i < frames; i++) {
    const t = since + i;
    envelope[i] = t < CHORD_FRAMES ? smooth(t / ATTACK_FRAMES) : 1 - smooth((t - CHORD_FRAMES) / RELEASE_FRAMES);
  }
  return envelope;
}

/** 0 to 1 and back in {@link BREATH_FRAMES}. */
function breath(position: number, frames: number, offset: number): Float64Array {
  const out = new Float64Array(frames);
  for (let i = 0; i < frames; i++) {
    const phase = (((position + offset + i) % BREATH_FRAMES) / BREATH_FRAMES) * TABLE_SIZE;
    out[i] = 0.45 + 0.4 * (SINE[Math.floor(phase)] as number);
  }
  return out;
}
