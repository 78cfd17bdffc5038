import type { PlaylistDateRange } from './hls.ts';
import { parseStationKey } from './keys.ts';

/** A segment as one of our media playlists lists it. */
export interface ParsedPlaylistSegment {
  readonly index: number;
  readonly epoch: string;
  readonly seconds: number;
  readonly utcMs: number;
  readonly discontinuity: boolean;
  readonly gap: boolean;
}

/**
 * Reads a media playlist that `mediaPlaylist` wrote: what a station told its listeners before it was restarted.
 * Lines that it does not know are skipped, and so are segments that are not a station's.
 */
export function parseMediaPlaylist(text: string): ParsedPlaylistSegment[] {
  const segments: ParsedPlaylistSegment[] = [];
  let utcMs = Number.NaN;
  let seconds = Number.NaN;
  let gap = false;
  let discontinuity = false;
  for (const line of text.split('\n')) {
    if (line === '#EXT-X-GAP') gap = true;
    else if (line === '#EXT-X-DISCONTINUITY') discontinuity = true;
    else if (line.startsWith('#EXTINF:')) seconds = Number.parseFloat(line.slice('#EXTINF:'.length));
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) utcMs = Date.parse(line.slice(line.indexOf(':') + 1));
    else if (line !== '' && !line.startsWith('#')) {
      const key = parseStationKey(line);
      if (key?.kind === 'segment' && Number.isFinite(utcMs) && Number.isFinite(seconds))
        segments.push({ index: key.index, epoch: key.epoch, seconds, utcMs, discontinuity, gap });
      gap = false;
      discontinuity = false;
    }
  }
  return segments;
}

const DATE_RANGE = '#EXT-X-DATERANGE:';

/** Reads the titles of a media playlist that `mediaPlaylist` wrote, in its order. Ranges of another class are skipped. */
export function parsePlaylistDateRanges(text: string): PlaylistDateRange[] {
  const ranges: PlaylistDateRange[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith(DATE_RANGE)) continue;
    const attributes = new Map<string, string>();
    for (const [, name = '', value = ''] of line.slice(DATE_RANGE.length).matchAll(/([A-Z-]+)="([^"]*)"/g)) {
      attributes.set(name, value);
    }
    const [id, title] = [attributes.get('ID'), attributes.get('X-TITLE')];
    const [artist, album] = [attributes.get('X-ARTIST'), attributes.get('X-ALBUM')];
    const utcMs = Date.parse(attributes.get('START-DATE') ?? '');
    if (attributes.get('CLASS') !== 'now-playing' || id === undefined || title === undefined) continue;
    if (!Number.isFinite(utcMs)) continue;
    ranges.push({
      id,
      utcMs,
      title,
      ...(artist === undefined ? {} : { artist }),
      ...(album === undefined ? {} : { album }),
    });
  }
  return ranges;
}
