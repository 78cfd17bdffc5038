import type { CueNote, GapNote, TimeNote } from './sidecar.ts';

/** What a station can say about frames it records. */
export type RecordingNote = TimeNote | GapNote | CueNote;

/** Notes that wait for their frames; more are dropped, oldest first. */
const MAX_WAITING = 1000;

/** Hands each note to the recording that holds its frame, whichever of the two comes first. */
export class NotesQueue {
  #waiting: RecordingNote[] = [];
  /** Gaps that reach beyond what is recorded: the next recording begins inside them. */
  #reaching: GapNote[] = [];

  add(note: RecordingNote): void {
    this.#waiting.push(note);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }

  /** A recording begins: what was said about frames before it is over, unless a gap goes on. */
  begin(firstFrame: number): void {
    const goesOn = (note: RecordingNote): boolean =>
      note.type === 'gap' ? note.frame + note.frames > firstFrame : note.frame >= firstFrame;
    this.#waiting = [...this.#reaching, ...this.#waiting].filter(goesOn);
    this.#reaching = [];
  }

  /** The notes about frames before `endFrame`, where a recording ends so far; each is given once. */
  take(endFrame: number): RecordingNote[] {
    const due = this.#waiting.filter(({ frame }) => frame < endFrame);
    if (due.length === 0) return due;
    this.#waiting = this.#waiting.filter(({ frame }) => frame >= endFrame);
    this.#reaching = [...this.#reaching, ...due.filter((note) => note.type === 'gap')].filter(
      ({ frame, frames }) => frame + frames > endFrame,
    );
    return due;
  }
}
