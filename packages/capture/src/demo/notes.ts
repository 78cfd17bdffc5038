import { SAMPLE_RATE } from '@bucket-radio/pcm';
import { noteHz } from './score.ts';
import { smooth } from './wavetable.ts';

/** One sine of a struck note: multiple of the pitch, level, time to fall to 1/e in seconds. */
type Partial = readonly [ratio: number, level: number, decaySeconds: number];

/** How a struck or plucked note sounds. */
interface Voice {
  readonly partials: readonly Partial[];
  readonly seconds: number;
  readonly attackSeconds: number;
  readonly releaseSeconds: number;
}

/** Between a kalimba and an electric piano. */
const PLUCK: Voice = {
  partials: [
    [1, 1, 0.75],
    [2, 0.32, 0.4],
    [3, 0.1, 0.22],
    [4.02, 0.08, 0.12],
    [6.03, 0.03, 0.06],
  ],
  seconds: 2.4,
  attackSeconds: 0.005,
  releaseSeconds: 0.8,
};

/** Round, with enough second and third harmonic for small loudspeakers. */
const BASS: Voice = {
  partials: [
    [1, 1, 1.9],
    [2, 0.4, 1.1],
    [3, 0.14, 0.6],
    [4, 0.05, 0.3],
  ],
  seconds: 3,
  attackSeconds: 0.018,
  releaseSeconds: 1.4,
};

export type NoteSound = (note: number) => Float32Array;

/** Each pitch is computed when it is first heard and kept: adding a note then costs one addition per sample. */
function soundsOf(voice: Voice): NoteSound {
  const kept = new Map<number, Float32Array>();
  return (note) => {
    const ready = kept.get(note);
    if (ready) return ready;
    const made = strike(voice, noteHz(note));
    kept.set(note, made);
    return made;
  };
}

export const pluckSound: NoteSound = soundsOf(PLUCK);
export const bassSound: NoteSound = soundsOf(BASS);

export const PLUCK_FRAMES: number = PLUCK.seconds * SAMPLE_RATE;
export const BASS_FRAMES: number = BASS.seconds * SAMPLE_RATE;

function strike(voice: Voice, hz: number): Float32Array {
  const frames = Math.round(voice.seconds * SAMPLE_RATE);
  const sound = new Float64Array(frames);
  for (const [ratio, level, decaySeconds] of voice.partials) {
    addDecayingSine(sound, (hz * ratio) / SAMPLE_RATE, level, Math.exp(-1 / (decaySeconds * SAMPLE_RATE)));
  }
  const out = new Float32Array(frames);
  for (let i = 0; i < frames; i++) {
    const rise = smooth(i / SAMPLE_RATE / voice.attackSeconds);
    const fall = smooth((frames - i) / SAMPLE_RATE / voice.releaseSeconds);
    out[i] = (sound[i] as number) * rise * fall;
  }
  return out;
}

/** A sine as a rotating vector: one multiplication per sample instead of one call of `Math.sin`. */
function addDecayingSine(out: Float64Array, cyclesPerFrame: number, level: number, decay: number): void {
  const cos = decay * Math.cos(2 * Math.PI * cyclesPerFrame);
  const sin = decay * Math.sin(2 * Math.PI * cyclesPerFrame);
  let x = level;
  let y = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = (out[i] as number) + y;
    const next = x * cos - y * sin;
    y = x * sin + y * cos;
    x = next;
  }
}
