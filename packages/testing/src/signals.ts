import { CHANNELS, S24_MAX, S24_MIN, SAMPLE_RATE } from '@bucket-radio/pcm';

/** Uniform numbers in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** White noise over the whole 24-bit range, both ends included: what no codec can predict. Interleaved stereo. */
export function whiteNoise(frames: number, seed = 1): Int32Array {
  const random = seededRandom(seed);
  const samples = new Int32Array(frames * CHANNELS);
  for (let i = 0; i < samples.length; i++) samples[i] = S24_MIN + Math.floor(random() * (S24_MAX - S24_MIN + 1));
  return samples;
}

/** A sine, equal in both channels. Interleaved stereo, 24 bit. */
export function tone(frames: number, hz: number, amplitude = 0.5): Int32Array {
  const samples = new Int32Array(frames * CHANNELS);
  for (let frame = 0; frame < frames; frame++) {
    const value = Math.round(amplitude * S24_MAX * Math.sin((2 * Math.PI * hz * frame) / SAMPLE_RATE));
    samples.fill(value, frame * CHANNELS, (frame + 1) * CHANNELS);
  }
  return samples;
}

const NOTE_FRAMES = SAMPLE_RATE / 4;
const NOTE_LENGTH = SAMPLE_RATE;
const PARTIALS = 6;
const SCALE = [0, 3, 5, 7, 10, 12, 15, 17];

/**
 * Something a codec treats like music: plucked notes with partials and decay, panned, overlapping, a drum-like burst on
 * every other beat, and a little hiss, so that all 24 bits move. Interleaved stereo; peaks below full scale.
 */
export function music(frames: number, seed = 1): Int32Array {
  const random = seededRandom(seed);
  const mix = new Float64Array(frames * CHANNELS);
  for (let start = 0, beat = 0; start < frames; start += NOTE_FRAMES, beat++) {
    const step = SCALE[Math.floor(random() * SCALE.length)] as number;
    addNote(mix, start, { hz: 110 * 2 ** (step / 12 + Math.floor(random() * 3)), pan: random() });
    if (beat % 2 === 0) addBurst(mix, start, random);
  }
  const samples = new Int32Array(mix.length);
  for (let i = 0; i < mix.length; i++) {
    const value = (mix[i] as number) + (random() - 0.5) * 2e-4;
    samples[i] = Math.round(Math.max(-0.99, Math.min(0.99, value)) * S24_MAX);
  }
  return samples;
}

function addNote(mix: Float64Array, start: number, note: { readonly hz: number; readonly pan: number }): void {
  const frames = Math.min(NOTE_LENGTH, mix.length / CHANNELS - start);
  for (let partial = 1; partial <= PARTIALS; partial++) {
    const step = (2 * Math.PI * note.hz * partial) / SAMPLE_RATE;
    const decay = Math.exp((-3 * partial) / NOTE_LENGTH);
    let level = 0.22 / partial;
    for (let frame = 0; frame < frames; frame++, level *= decay) {
      const attack = Math.min(1, frame / 96);
      addFrame(mix, start + frame, note.pan, attack * level * Math.sin(step * frame));
    }
  }
}

function addBurst(mix: Float64Array, start: number, random: () => number): void {
  const frames = Math.min(4800, mix.length / CHANNELS - start);
  for (let frame = 0; frame < frames; frame++) {
    addFrame(mix, start + frame, 0.5, 0.3 * Math.exp(-frame / 900) * (random() - 0.5));
  }
}

function addFrame(mix: Float64Array, frame: number, pan: number, value: number): void {
  const left = frame * CHANNELS;
  mix[left] = (mix[left] as number) + value * (1 - pan);
  mix[left + 1] = (mix[left + 1] as number) + value * pan;
}
