import { SAMPLE_RATE } from '@bucket-radio/pcm';

/** A track of a CUE sheet. */
export interface CueTrack {
  /** Frames from the start of the file. */
  readonly frame: number;
  readonly title: string;
  readonly performer?: string;
}

/** A CUE sheet's time unit: 75 a second, 640 frames at 48 kHz. */
const FRAMES_PER_UNIT = SAMPLE_RATE / 75;
/** The format has two digits for it. */
export const MAX_CUE_TRACKS = 99;

/**
 * A CUE sheet for one FLAC file. The first track starts with the file, so sound before the first cue becomes a track
 * called `title`. Later cues than the 99th are left out.
 */
export function formatCueSheet(
  file: string,
  sheet: { readonly title: string; readonly tracks: readonly CueTrack[] },
): string {
  const [first] = sheet.tracks;
  const head: CueTrack[] =
    first === undefined || first.frame >= FRAMES_PER_UNIT ? [{ frame: 0, title: sheet.title }] : [];
  const lines = [`TITLE ${quoted(sheet.title)}`, `FILE ${quoted(file)} WAVE`];
  for (const [n, track] of [...head, ...sheet.tracks].slice(0, MAX_CUE_TRACKS).entries()) {
    lines.push(`  TRACK ${two(n + 1)} AUDIO`, `    TITLE ${quoted(track.title)}`);
    if (track.performer !== undefined) lines.push(`    PERFORMER ${quoted(track.performer)}`);
    lines.push(`    INDEX 01 ${cueTime(track.frame)}`);
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** `mm:ss:ff`; minutes go on past 99. */
function cueTime(frame: number): string {
  const units = Math.floor(frame / FRAMES_PER_UNIT);
  return [Math.floor(units / 75 / 60), Math.floor(units / 75) % 60, units % 75].map(two).join(':');
}

/** The format knows no escape for a quotation mark, and a line is a line. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', "'").replaceAll(/\s+/g, ' ')}"`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
