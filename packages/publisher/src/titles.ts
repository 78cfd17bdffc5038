import type { NowPlaying, PlaylistDateRange } from '@bucket-radio/manifest';

/** Most recent titles the playlists carry. */
const MAX_DATE_RANGES = 8;

/** What is heard: the current title for the manifest, the recent ones for the playlists. */
export class Titles {
  readonly #epoch: string;
  #current: NowPlaying | undefined;
  #ranges: PlaylistDateRange[] = [];
  /** The current title is of the run before: who says it again at the start of this one says nothing new. */
  #isTakenOver = false;

  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  get current(): NowPlaying | undefined {
    return this.#current;
  }

  /** Oldest first. */
  get ranges(): readonly PlaylistDateRange[] {
    return this.#ranges;
  }

  set(nowPlaying: NowPlaying): void {
    const isRepeated = this.#isTakenOver && this.#current !== undefined && isSameTitle(this.#current, nowPlaying);
    this.#isTakenOver = false;
    if (!isRepeated) this.#current = nowPlaying;
  }

  /** Goes on with the title and the playlists of the run before, unless something else was said meanwhile. */
  adopt(taken: NowPlaying, ranges: readonly PlaylistDateRange[]): void {
    this.#ranges = ranges.slice(-MAX_DATE_RANGES);
    if (this.#current !== undefined && !isSameTitle(this.#current, taken)) return;
    this.#isTakenOver = this.#current === undefined;
    this.#current = taken;
  }

  /** Gives the current title its place in time, once that is known. What playlists have told stays as it was told. */
  place(utcOfFrame: (frame: number) => number | undefined): void {
    if (this.#current === undefined) return;
    const { frame, ...texts } = this.#current;
    const id = `${this.#epoch}-${frame}`;
    const told = this.#ranges.find((range) => range.id === id);
    const utcMs = told?.utcMs ?? utcOfFrame(frame);
    if (utcMs === undefined || (told !== undefined && isSameTitle(told, texts))) return;
    this.#ranges = [...this.#ranges.filter((range) => range !== told), { id, utcMs, ...texts }].slice(-MAX_DATE_RANGES);
  }

  /** Lets go of titles that ended before `utcMs`. */
  forgetBefore(utcMs: number): void {
    this.#ranges = this.#ranges.filter((_, at, all) => (all[at + 1]?.utcMs ?? Number.POSITIVE_INFINITY) > utcMs);
  }
}

type Texts = Omit<NowPlaying, 'frame'>;

function isSameTitle(a: Texts, b: Texts): boolean {
  return a.title === b.title && a.artist === b.artist && a.album === b.album;
}
