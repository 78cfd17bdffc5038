import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { MAX_TEXT_BYTES, utf8Length } from '@bucket-radio/manifest';
import { z } from 'zod';
import type { Title } from './monitor/feed.ts';

/** Longest file that is read, in bytes: a title, not a library. */
const MAX_FILE_BYTES = 4096;
/** How often it is looked at. */
const POLL_INTERVAL_MS = 250;
/** A change is stamped with the moment at which the file was written, when that is no longer ago than this. */
const MAX_AGO_MS = 5000;

const jsonTitle = z.object({
  title: z.string().trim().min(1),
  artist: z.string().trim().exactOptional(),
  album: z.string().trim().exactOptional(),
});

/** What a now-playing file says: `undefined` when it is empty. @throws Error with one line for a person */
export function parseNowPlaying(text: string): Title | undefined {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed === '') return undefined;
  const title = trimmed.startsWith('{') ? fromJson(trimmed) : fromLine(trimmed);
  for (const [field, value] of Object.entries(title)) {
    const bytes = utf8Length(value);
    if (bytes > MAX_TEXT_BYTES) throw new Error(`${field} has ${bytes} bytes; at most ${MAX_TEXT_BYTES} are allowed`);
  }
  return title;
}

function fromJson(text: string): Title {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error('it begins with "{" but is no JSON; use {"title": …, "artist": …, "album": …}', { cause });
  }
  const parsed = jsonTitle.safeParse(json);
  if (!parsed.success) throw new Error('use {"title": …}, with "artist" and "album" if known, all of them text');
  return parsed.data;
}

/** The first line, `Artist - Title` as players write it; without the dash it is a title. */
function fromLine(text: string): Title {
  const line = (text.split(/\r?\n/, 1)[0] ?? '').trim();
  const [, artist, title] = /^(.+?) [-–—] (.+)$/.exec(line) ?? [];
  return artist === undefined || title === undefined ? { title: line } : { artist, title };
}

export interface WatchNowPlayingOptions {
  readonly file: string;
  readonly signal: AbortSignal;
  /**
   * @param agoMs how long ago the file began to say so
   * @returns false when the station cannot be told yet: then it is told again
   */
  readonly onTitle: (title: Title, agoMs: number) => boolean;
  readonly onProblem: (message: string) => void;
}

/**
 * Follows a file that a player writes its current title to, until `signal` is aborted. A file that is not there yet is
 * waited for. It is looked at, not subscribed to: that works on every file system, and when it is replaced.
 */
export async function watchNowPlaying(options: WatchNowPlayingOptions): Promise<void> {
  const { signal } = options;
  const watch = new NowPlayingWatch(options);
  while (!signal.aborted) {
    await watch.look();
    await delay(POLL_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

interface FileText {
  readonly text: string;
  readonly mtimeMs: number;
}

class NowPlayingWatch {
  readonly #options: WatchNowPlayingOptions;
  /** What was last told, or refused. */
  #done = '';
  #before: string | undefined;
  #problem: string | undefined;

  constructor(options: WatchNowPlayingOptions) {
    this.#options = options;
  }

  async look(): Promise<void> {
    const { file } = this.#options;
    try {
      const found = await readSmall(file);
      // A file that is being written is read again until two looks agree.
      if (found !== undefined && found.text === this.#before && found.text !== this.#done) this.#tell(found);
      this.#before = found?.text;
      if (found?.text === this.#done) this.#problem = undefined;
    } catch (error) {
      this.#report((error as Error).message);
    }
  }

  #tell({ text, mtimeMs }: FileText): void {
    let title: Title | undefined;
    try {
      title = parseNowPlaying(text);
    } catch (error) {
      this.#done = text;
      this.#report((error as Error).message);
      return;
    }
    const agoMs = Math.max(0, Date.now() - mtimeMs);
    if (title === undefined || this.#options.onTitle(title, agoMs <= MAX_AGO_MS ? agoMs : 0)) this.#done = text;
  }

  /** Once, not four times a second. */
  #report(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    const { file, onProblem } = this.#options;
    onProblem(`what is playing is not taken from ${file}: ${problem}`);
  }
}

/** @returns `undefined` when it is not there. @throws Error when it is too long or may not be read */
async function readSmall(path: string): Promise<FileText | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error('it is no file');
    if (stat.size > MAX_FILE_BYTES) throw new Error(`it has ${stat.size} bytes; at most ${MAX_FILE_BYTES} are allowed`);
    return { text: await file.readFile('utf8'), mtimeMs: stat.mtimeMs };
  } finally {
    await file.close();
  }
}
