import { readFile } from 'node:fs/promises';
import type { GapReason } from '@bucket-radio/pcm';
import { z } from 'zod';

/** The first line. Frames in a sidecar are station frames: of the station's timeline, not of the file. */
export interface StartNote {
  readonly type: 'start';
  readonly version: 1;
  readonly station: string;
  readonly frame: number;
  /** UTC label in milliseconds. */
  readonly utcMs: number;
}

/** UTC label of a frame, about one a minute: what the sound card's clock did. */
export interface TimeNote {
  readonly type: 'time';
  readonly frame: number;
  readonly utcMs: number;
}

/** Frames that the source lost; the recording has silence there. May lie partly or wholly in the recording before. */
export interface GapNote {
  readonly type: 'gap';
  readonly frame: number;
  readonly frames: number;
  readonly reason: GapReason;
}

/** Something begins here: a title, a set, a speaker. */
export interface CueNote {
  readonly type: 'cue';
  readonly frame: number;
  readonly title: string;
  readonly performer?: string;
}

/** The recording was finished. */
export interface EndNote {
  readonly type: 'end';
  /** The one after the last. */
  readonly frame: number;
  /** 32 hexadecimal digits. */
  readonly pcmMd5?: string;
}

/** The recording was interrupted, and repaired later. */
export interface RepairedNote {
  readonly type: 'repaired';
  readonly lostMs: number;
}

/** The recording is in cold storage, and was read back from there. */
export interface StoredNote {
  readonly type: 'stored';
  readonly atMs: number;
  /** Name of the store, such as `s3(my-recordings)`. */
  readonly store: string;
  readonly key: string;
  /** Of the FLAC file, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Size and modification time of the file that was stored: another file of this name was not. */
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** One line of a recording's sidecar, `{name}.jsonl` beside `{name}.flac`. */
export type SidecarNote = StartNote | TimeNote | GapNote | CueNote | EndNote | RepairedNote | StoredNote;

const frame = z.int().nonnegative();
const utcMs = z.number();
const text = z.string().min(1);
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const reason = z.enum(['xrun', 'stall', 'unplug', 'restart']);

const note: z.ZodType<SidecarNote> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), version: z.literal(1), station: z.string(), frame, utcMs }),
  z.object({ type: z.literal('time'), frame, utcMs }),
  z.object({ type: z.literal('gap'), frame, frames: frame, reason }),
  z.object({ type: z.literal('cue'), frame, title: text, performer: text.exactOptional() }),
  z.object({ type: z.literal('end'), frame, pcmMd5: hex(32).exactOptional() }),
  z.object({ type: z.literal('repaired'), lostMs: z.number().nonnegative() }),
  z.object({
    type: z.literal('stored'),
    atMs: utcMs,
    store: text,
    key: text,
    sha256: hex(64),
    bytes: frame,
    modifiedMs: utcMs,
  }),
]);

/** The sidecar of a FLAC file: same name, another ending. */
export function sidecarPath(flacPath: string): string {
  return flacPath.replace(/\.flac$/, '.jsonl');
}

export function formatNotes(notes: readonly SidecarNote[]): string {
  return notes.map((each) => `${JSON.stringify(each)}\n`).join('');
}

/** The notes of a sidecar's text. Lines that are torn or that nobody knows are left out, as a power cut leaves them. */
export function parseNotes(text: string): SidecarNote[] {
  return text.split('\n').flatMap((line) => {
    const parsed = note.safeParse(parseJson(line));
    return parsed.success ? [parsed.data] : [];
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** @returns no notes when there is no such file */
export async function readNotes(path: string): Promise<SidecarNote[]> {
  try {
    return parseNotes(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The notes of one type, in order. */
export function notesOf<Type extends SidecarNote['type']>(
  notes: readonly SidecarNote[],
  type: Type,
): Extract<SidecarNote, { type: Type }>[] {
  return notes.filter((each): each is Extract<SidecarNote, { type: Type }> => each.type === type);
}
