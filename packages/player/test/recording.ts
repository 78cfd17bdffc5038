import { FADE_FRAMES } from '../src/engine/output/protocol.ts';

/** What left the player: one entry per frame, samples as 24-bit integers (not whole where they are not exact). */
export interface Recording {
  readonly contextFrame: Float64Array;
  readonly left: Float64Array;
  readonly right: Float64Array;
}

/** Reads what the test page posted. */
export function readRecording(body: Buffer): Recording {
  const triples = new Float64Array(new Uint8Array(body).buffer);
  const column = (offset: number) =>
    Float64Array.from({ length: triples.length / 3 }, (_, i) => triples[i * 3 + offset] as number);
  return { contextFrame: column(0), left: column(1), right: column(2) };
}

/** Index of the first frame that is not silence. */
export function firstSound({ left }: Recording, from: number = 0): number {
  return left.findIndex((value, i) => i >= from && value !== 0);
}

export interface Alignment {
  /** Index in the recording of the first frame after the fade-in. */
  readonly from: number;
  /** Source frame at that index. */
  readonly sourceFrame: number;
}

/** Finds where in `pcm` (interleaved) the recording starts; throws when its samples are nowhere in it. */
export function align(recording: Recording, pcm: Int32Array): Alignment {
  const from = firstSound(recording) + FADE_FRAMES;
  for (let frame = 0; frame < pcm.length / 2; frame++) {
    if (matches(recording, pcm, from, frame, 8) === 8) return { from, sourceFrame: frame };
  }
  throw new Error('the recording does not occur in the source');
}

/** Frames, at most `limit`, that are equal in both from here on. */
export function matches(r: Recording, pcm: Int32Array, from: number, frame: number, limit: number): number {
  let n = 0;
  while (n < limit && from + n < r.left.length && (frame + n) * 2 < pcm.length) {
    if (r.left[from + n] !== pcm[(frame + n) * 2] || r.right[from + n] !== pcm[(frame + n) * 2 + 1]) break;
    n++;
  }
  return n;
}
