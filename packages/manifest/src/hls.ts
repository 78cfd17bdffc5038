import type { RenditionName } from '@bucket-radio/pcm';
import { initKey, segmentKey } from './keys.ts';
import type { Manifest, ManifestRendition } from './types.ts';

/** Most segments a playlist lists, newest kept: bounds the text whatever the window. */
export const PLAYLIST_MAX_SEGMENTS = 300;

/** What a playlist needs to know about a segment that the manifest does not carry one by one. */
export interface PlaylistSegment {
  readonly index: number;
  readonly epoch: string;
  /** Its length in whole seconds. */
  readonly seconds: number;
  /** UTC label of the first frame, in milliseconds. */
  readonly utcMs: number;
  /** Whether the timeline was interrupted before it: a break, or the first segment of an epoch. */
  readonly discontinuity: boolean;
  /** The renditions in which a reader has been told that it is missing. That stays so: players do not look again. */
  readonly gaps: readonly RenditionName[];
}

/** A span of the programme with a title: EXT-X-DATERANGE. */
export interface PlaylistDateRange {
  readonly id: string;
  /** UTC at which it starts, in milliseconds. */
  readonly utcMs: number;
  readonly title: string;
  readonly artist?: string;
  readonly album?: string;
}

/** What `hq.m3u8` or `lq.m3u8` says. */
export interface MediaPlaylist {
  readonly live: boolean;
  readonly rendition: RenditionName;
  /** The window, oldest first, contiguous. The newest {@link PLAYLIST_MAX_SEGMENTS} are listed. */
  readonly segments: readonly PlaylistSegment[];
  /** Discontinuities up to the newest segment since the station began, listed ones included. */
  readonly discontinuities: number;
  readonly dateRanges: readonly PlaylistDateRange[];
}

/** Value of the CODECS attribute: the RFC 6381 names that HLS readers know. */
const HLS_CODECS: Record<ManifestRendition['codec'], string> = { flac: 'fLaC', opus: 'Opus' };

function quoted(text: string): string {
  // An HLS quoted-string holds no quote and no line break (RFC 8216 §4.2).
  return `"${text.replaceAll(/["\r\n]/g, '')}"`;
}

/** `index.m3u8`: the renditions, best first. Paths are relative to the playlist. */
export function multivariantPlaylist(manifest: Pick<Manifest, 'renditions'>): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  for (const { name, codec, bitrate } of manifest.renditions) {
    lines.push(`#EXT-X-STREAM-INF:BANDWIDTH=${bitrate},CODECS=${quoted(HLS_CODECS[codec])}`);
    lines.push(`${name}.m3u8`);
  }
  return `${lines.join('\n')}\n`;
}

/** `hq.m3u8` or `lq.m3u8` (RFC 8216 §4.3.3). A new epoch brings its own EXT-X-MAP. */
export function mediaPlaylist({ live, rendition, segments, discontinuities, dateRanges }: MediaPlaylist): string {
  const listed = segments.slice(-PLAYLIST_MAX_SEGMENTS);
  const tags = listed.filter(({ discontinuity }) => discontinuity).length;
  // EXT-X-GAP came with version 8 (rfc8216bis §8); without one, older players need not be turned away.
  const version = listed.some(({ gaps }) => gaps.includes(rendition)) ? 8 : 7;
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${version}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-TARGETDURATION:${Math.max(1, ...listed.map(({ seconds }) => seconds))}`,
    `#EXT-X-MEDIA-SEQUENCE:${listed[0]?.index ?? 0}`,
  ];
  if (discontinuities > tags) lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuities - tags}`);
  const ranges = [...dateRanges].sort((a, b) => a.utcMs - b.utcMs);
  let epoch: string | undefined;
  for (const segment of listed) {
    // Beside the segment in which it begins: some readers take a range for an attribute of the segment that follows.
    const begun = ranges.findIndex(({ utcMs }) => utcMs >= segment.utcMs + segment.seconds * 1000);
    lines.push(...ranges.splice(0, begun === -1 ? ranges.length : begun).map(dateRangeTag));
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.epoch !== epoch) lines.push(`#EXT-X-MAP:URI=${quoted(initKey(segment.epoch, rendition))}`);
    epoch = segment.epoch;
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${isoTime(segment.utcMs)}`);
    if (segment.gaps.includes(rendition)) lines.push('#EXT-X-GAP');
    lines.push(`#EXTINF:${segment.seconds.toFixed(5)},`);
    lines.push(segmentKey(segment.epoch, rendition, segment.index));
  }
  lines.push(...ranges.map(dateRangeTag));
  if (!live) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

function isoTime(utcMs: number): string {
  return new Date(Math.round(utcMs)).toISOString();
}

/** Ends when the next one of its class starts (END-ON-NEXT, RFC 8216 §4.3.2.7). */
function dateRangeTag({ id, utcMs, title, artist, album }: PlaylistDateRange): string {
  const attributes = [
    `ID=${quoted(id)}`,
    'CLASS="now-playing"',
    `START-DATE=${quoted(isoTime(utcMs))}`,
    'END-ON-NEXT=YES',
    `X-TITLE=${quoted(title)}`,
    ...(artist === undefined ? [] : [`X-ARTIST=${quoted(artist)}`]),
    ...(album === undefined ? [] : [`X-ALBUM=${quoted(album)}`]),
  ];
  return `#EXT-X-DATERANGE:${attributes.join(',')}`;
}
