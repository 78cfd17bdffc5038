import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CaptureError } from '../error.ts';

const PLAYLIST = /\.(m3u8?|txt)$/i;
/** Far more than any list made by hand. */
const MAX_PLAYLIST_BYTES = 4 * 1024 * 1024;
const MAX_ENTRIES = 10_000;

/**
 * The files to play, in order: those a playlist names (`.m3u`, `.m3u8`, `.txt`: one file per line, `#` starts a comment,
 * relative to the playlist), or the one file itself. Only files of this computer.
 * @throws CaptureError `SourceNotFound` or `UnsupportedFormat`
 */
export async function readPlaylist(path: string): Promise<string[]> {
  const absolute = resolve(path);
  if (!PLAYLIST.test(absolute)) return [absolute];
  const text = await readFile(absolute, 'utf8').catch((cause: unknown) => {
    throw new CaptureError('SourceNotFound', `playlist ${absolute} cannot be read: ${String(cause)}`, { cause });
  });
  if (text.length > MAX_PLAYLIST_BYTES) {
    throw new CaptureError('UnsupportedFormat', `playlist ${absolute} is larger than ${MAX_PLAYLIST_BYTES} bytes`);
  }
  const entries = parsePlaylist(text);
  const url = entries.find((entry) => /^[a-z][a-z0-9+.-]*:\/\//i.test(entry));
  if (url !== undefined || entries.length === 0 || entries.length > MAX_ENTRIES) {
    const limit = `1 to ${MAX_ENTRIES} files of this computer, one per line`;
    throw new CaptureError('UnsupportedFormat', `playlist ${absolute} must name ${limit}; a stream is ffmpeg:<URL>`);
  }
  return entries.map((entry) => resolve(dirname(absolute), entry));
}

/** One entry per line, without comments and without the mark some editors put first. */
export function parsePlaylist(text: string): string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
