import { stat } from 'node:fs/promises';
import { framesToMs } from '@bucket-radio/pcm';
import { type FlacInfo, readFlacInfo } from './flac-info.ts';
import { listRecordings, listSidecars } from './retention.ts';
import {
  type CueNote,
  type GapNote,
  notesOf,
  readNotes,
  type SidecarNote,
  type StoredNote,
  sidecarPath,
} from './sidecar.ts';
import { Timeline } from './timeline.ts';

/** A finished recording. */
export interface RecordingInfo {
  /** Of its FLAC file, also when that has left for cold storage. */
  readonly path: string;
  /** Whether the FLAC file is here. */
  readonly isLocal: boolean;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** UTC label of the first frame, in milliseconds. */
  readonly startMs: number;
  /** UTC label of the frame after the last, in milliseconds. */
  readonly endMs: number;
  /** Station frame of the first frame, where the file says it. */
  readonly firstFrame: number | undefined;
  readonly frames: number;
  /** MD5 of the PCM, 32 hexadecimal digits; absent when the file carries none. */
  readonly pcmMd5: string | undefined;
  readonly timeline: Timeline;
  /** Silence in it in place of frames that the source lost; clipped to this recording. */
  readonly gaps: readonly GapNote[];
  readonly cues: readonly CueNote[];
  /** Where it is in cold storage; only when it is this very file that was stored. */
  readonly stored: StoredNote | undefined;
}

/** Sound that is in no recording: between the end of one and the start of the next. */
export interface RecordingGap {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface DescribeOptions {
  /** Called for each file with the name of a recording that is none; it is left out. */
  readonly onUnreadable?: (path: string, reason: string) => void;
}

/** Labels agree this well where nothing was lost: as rounded in the files, … */
const LABEL_TOLERANCE_MS = 20;
/** … and as far as a sound card's clock may be off. */
const CLOCK_TOLERANCE = 500e-6;

/** Every finished recording, oldest first: the files here, and those of which only the sidecar is. */
export async function describeRecordings(directory: string, options: DescribeOptions = {}): Promise<RecordingInfo[]> {
  const files = new Set((await listRecordings(directory)).map(({ path }) => path));
  const left = (await listSidecars(directory)).filter((path) => !files.has(path));
  const infos: RecordingInfo[] = [];
  for (const path of [...files, ...left]) {
    try {
      const info = files.has(path) ? await describeLocal(path) : await describeStored(path);
      if (info !== undefined) infos.push(info);
    } catch (error) {
      options.onUnreadable?.(path, error instanceof Error ? error.message : String(error));
    }
  }
  const sorted = infos.sort((a, b) => a.startMs - b.startMs);
  return withGapsOfLaterNotes(sorted);
}

/** @throws Error when the file is not a recording */
export async function describeRecording(path: string): Promise<RecordingInfo> {
  return await describeLocal(path);
}

async function describeLocal(path: string): Promise<RecordingInfo> {
  const info = await readFlacInfo(path);
  const { size, mtimeMs } = await stat(path);
  const notes = await readNotes(sidecarPath(path));
  const stored = notesOf(notes, 'stored').findLast(({ bytes, modifiedMs }) => bytes === size && modifiedMs === mtimeMs);
  return describe({ path, isLocal: true, bytes: size, modifiedMs: mtimeMs, stored }, info, notes);
}

/** A recording of which only the sidecar is here. @returns undefined when it is not stored elsewhere either */
async function describeStored(path: string): Promise<RecordingInfo | undefined> {
  const notes = await readNotes(sidecarPath(path));
  const [start] = notesOf(notes, 'start');
  const end = notesOf(notes, 'end').at(-1);
  const stored = notesOf(notes, 'stored').at(-1);
  if (start === undefined || end === undefined || stored === undefined) return undefined;
  const info: FlacInfo = {
    station: start.station,
    startMs: start.utcMs,
    firstFrame: start.frame,
    frames: end.frame - start.frame,
    pcmMd5: end.pcmMd5,
  };
  const { bytes, modifiedMs } = stored;
  return describe({ path, isLocal: false, bytes, modifiedMs, stored }, info, notes);
}

function describe(
  file: Pick<RecordingInfo, 'path' | 'isLocal' | 'bytes' | 'modifiedMs' | 'stored'>,
  { startMs, firstFrame, frames, pcmMd5 }: FlacInfo,
  notes: readonly SidecarNote[],
): RecordingInfo {
  const first = firstFrame ?? 0;
  const times = notesOf(notes, 'time').filter(({ frame }) => frame > first && frame <= first + frames);
  const timeline = new Timeline([
    { frame: 0, utcMs: startMs },
    ...times.map(({ frame, utcMs }) => ({ frame: frame - first, utcMs })),
  ]);
  return {
    ...file,
    startMs,
    endMs: timeline.utcMsAt(frames),
    firstFrame,
    frames,
    pcmMd5,
    timeline,
    gaps: notesOf(notes, 'gap'),
    cues: notesOf(notes, 'cue'),
  };
}

/** A gap is told when it is over: it may stand in the sidecar of the recording after. Each gets what lies in it. */
function withGapsOfLaterNotes(recordings: readonly RecordingInfo[]): RecordingInfo[] {
  return recordings.map((recording, n) => {
    const next = recordings[n + 1];
    const later = next !== undefined && isContinuation(recording, next) ? next.gaps : [];
    const first = recording.firstFrame ?? 0;
    const inside = [...recording.gaps, ...later].flatMap((gap) => clip(gap, first, first + recording.frames));
    const unique = new Map(inside.map((gap) => [gap.frame, gap]));
    return { ...recording, gaps: [...unique.values()].sort((a, b) => a.frame - b.frame) };
  });
}

function clip(gap: GapNote, from: number, to: number): GapNote[] {
  const frame = Math.max(from, gap.frame);
  const frames = Math.min(to, gap.frame + gap.frames) - frame;
  return frames > 0 ? [{ ...gap, frame, frames }] : [];
}

/** Whether not one frame is missing between the two. */
function isContinuation(recording: RecordingInfo, next: RecordingInfo): boolean {
  const { firstFrame, frames, startMs, endMs } = recording;
  if (firstFrame === undefined || firstFrame + frames !== next.firstFrame) return false;
  // A later run may count from the same frame: then the labels differ by more than clocks do.
  const tolerance = LABEL_TOLERANCE_MS + (endMs - startMs) * CLOCK_TOLERANCE;
  return Math.abs(next.startMs - endMs) <= tolerance;
}

/** The holes between recordings, oldest first: time in which nothing was recorded. */
export function findGaps(recordings: readonly RecordingInfo[]): RecordingGap[] {
  const gaps: RecordingGap[] = [];
  let endMs = Number.POSITIVE_INFINITY;
  for (const [n, recording] of recordings.entries()) {
    const before = recordings[n - 1];
    const isContinued = before !== undefined && isContinuation(before, recording);
    if (!isContinued && recording.startMs - endMs > LABEL_TOLERANCE_MS) {
      gaps.push({ fromMs: endMs, toMs: recording.startMs });
    }
    endMs = before === undefined ? recording.endMs : Math.max(endMs, recording.endMs);
  }
  return gaps;
}

/** How long the silence lasts that stands for lost frames, in milliseconds. */
export function gapMs(recording: RecordingInfo): number {
  return recording.gaps.reduce((sum, { frames }) => sum + framesToMs(frames), 0);
}
