import { readFile } from 'node:fs/promises';
import type { NowPlaying } from '@bucket-radio/manifest';
import { writeFileAtomic } from './atomic-file.ts';

/** What a station must know after it was killed, so that it continues and never uses a key twice. */
export interface PublisherState {
  readonly version: 1;
  readonly epoch: string;
  readonly segmentSeconds: number;
  /** What the init segments say, in words: another text means another epoch. */
  readonly codecs: string;
  /** The runs whose name the manifest in the bucket may carry: the last that wrote it, then those that may have. */
  readonly writers: readonly string[];
  /** First index of the epoch. */
  readonly firstIndex: number;
  /** First indices of recent runs, the last one included: a break lies before each. */
  readonly starts: readonly number[];
  /** Newest index that may be in the bucket. −1 before the first. */
  readonly lastIndex: number;
  /** What was heard last, and from which frame on. */
  readonly nowPlaying?: NowPlaying;
}

/** @returns `undefined` when there is none, `'corrupt'` when there is one that says nothing */
export async function readState(path: string): Promise<PublisherState | 'corrupt' | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return 'corrupt';
  }
  try {
    const state = JSON.parse(text) as unknown;
    return isState(state) ? withoutBadTitle(state) : 'corrupt';
  } catch {
    return 'corrupt';
  }
}

function isState(value: unknown): value is PublisherState {
  if (typeof value !== 'object' || value === null) return false;
  const { version, epoch, segmentSeconds, codecs, writers, starts, firstIndex, lastIndex } = value as Record<
    string,
    unknown
  >;
  return (
    version === 1 &&
    typeof epoch === 'string' &&
    /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(epoch) &&
    typeof codecs === 'string' &&
    Array.isArray(writers) &&
    writers.every((writer) => typeof writer === 'string') &&
    Array.isArray(starts) &&
    [...starts, segmentSeconds, firstIndex, lastIndex].every(
      (number) => Number.isSafeInteger(number) && Number(number) >= -1,
    )
  );
}

/** A title that cannot be understood is no reason to begin a new epoch. */
function withoutBadTitle(state: PublisherState): PublisherState {
  const { nowPlaying, ...rest } = state;
  return isNowPlaying(nowPlaying) ? state : rest;
}

function isNowPlaying(value: unknown): value is NowPlaying {
  if (typeof value !== 'object' || value === null) return false;
  const { frame, title, artist = '', album = '' } = value as Record<string, unknown>;
  const isFrame = Number.isSafeInteger(frame) && Number(frame) >= 0;
  return isFrame && [title, artist, album].every((text) => typeof text === 'string');
}

/** Names of runs that are remembered: so many crashes in a row, each before its first manifest, are understood. */
const MAX_WRITERS = 16;

/** Puts a new run's name behind those before; the first, the last known to have written, is never forgotten. */
export function withWriter(writers: readonly string[], writer: string): string[] {
  return [...writers.slice(0, 1), ...writers.slice(1).slice(2 - MAX_WRITERS), writer];
}

/** Starts of runs that are remembered: those whose segments may still be on disk. */
const MAX_STARTS = 16;

/** Adds the start of a new run. A run that was killed before its first segment has none of its own. */
export function withStart(starts: readonly number[], firstIndex: number): number[] {
  return [...starts.filter((start) => start < firstIndex), firstIndex].slice(-MAX_STARTS);
}

/** Writes the state file. Without a path it remembers nothing: for tests and for stations that may start anew. */
export class StateJournal {
  readonly #path: string | undefined;
  #state: PublisherState;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string | undefined, state: PublisherState) {
    this.#path = path;
    this.#state = state;
  }

  get lastIndex(): number {
    return this.#state.lastIndex;
  }

  /** Resolves when it is on disk that `index` may be in the bucket. Call it before the first PUT of that index. */
  async reserve(index: number): Promise<void> {
    if (index <= this.#state.lastIndex) return await this.#writing;
    this.#state = { ...this.#state, lastIndex: index };
    await this.save();
  }

  /** What is heard now; `undefined` when nobody knows any more. */
  async noteNowPlaying(nowPlaying: NowPlaying | undefined): Promise<void> {
    const { nowPlaying: _, ...rest } = this.#state;
    this.#state = nowPlaying === undefined ? rest : { ...rest, nowPlaying };
    await this.save();
  }

  /** The manifest in the bucket is this run's: the names of the runs before are of no more use. */
  async confirm(writer: string): Promise<void> {
    this.#state = { ...this.#state, writers: [writer] };
    await this.save();
  }

  /** Resolves when nothing is being written. Never rejects. */
  async flush(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  /** Writes the state as it is now; writes follow one another. */
  async save(): Promise<void> {
    const path = this.#path;
    if (path === undefined) return;
    const written = this.#writing
      .catch(() => undefined)
      .then(async () => await writeFileAtomic(path, `${JSON.stringify(this.#state)}\n`));
    this.#writing = written;
    await written;
  }
}
