/** A segment as a media playlist lists it. */
export interface ListedSegment {
  readonly uri: string;
  readonly seconds: number;
  /** Of its EXT-X-PROGRAM-DATE-TIME; NaN without one. */
  readonly utcMs: number;
  readonly gap: boolean;
  readonly discontinuity: boolean;
  /** URI of the EXT-X-MAP in force. */
  readonly map: string | undefined;
}

/** A media playlist (RFC 8216 §4), read apart from the code that writes it. */
export interface Playlist {
  readonly targetDuration: number;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly endList: boolean;
  readonly segments: readonly ListedSegment[];
}

/** @throws Error when it is no playlist at all */
export function readPlaylist(text: string): Playlist {
  const lines = linesOf(text);
  const tagValue = (tag: string): string | undefined =>
    lines.find((line) => line.startsWith(`${tag}:`))?.slice(tag.length + 1);
  return {
    targetDuration: Number(tagValue('#EXT-X-TARGETDURATION')),
    mediaSequence: Number(tagValue('#EXT-X-MEDIA-SEQUENCE') ?? 0),
    discontinuitySequence: Number(tagValue('#EXT-X-DISCONTINUITY-SEQUENCE') ?? 0),
    endList: lines.includes('#EXT-X-ENDLIST'),
    segments: readSegments(lines),
  };
}

function readSegments(lines: readonly string[]): ListedSegment[] {
  const segments: ListedSegment[] = [];
  const fresh = { seconds: Number.NaN, utcMs: Number.NaN, gap: false, discontinuity: false };
  let next = { ...fresh };
  let map: string | undefined;
  for (const line of lines) {
    const [tag, value] = splitTag(line);
    if (tag === '#EXTINF') next.seconds = Number.parseFloat(value);
    else if (tag === '#EXT-X-PROGRAM-DATE-TIME') next.utcMs = Date.parse(value);
    else if (tag === '#EXT-X-GAP') next.gap = true;
    else if (tag === '#EXT-X-DISCONTINUITY') next.discontinuity = true;
    else if (tag === '#EXT-X-MAP') map = /URI="([^"]*)"/.exec(value)?.[1];
    else if (!line.startsWith('#')) {
      segments.push({ uri: line, ...next, map });
      next = { ...fresh };
    }
  }
  return segments;
}

/** URI and CODECS of each variant in a multivariant playlist. @throws Error when it is no playlist at all */
export function readVariants(text: string): { readonly uri: string; readonly codecs: string | undefined }[] {
  const lines = linesOf(text);
  return lines.flatMap((line, i) => {
    if (!line.startsWith('#EXT-X-STREAM-INF:')) return [];
    return [{ uri: lines[i + 1] ?? '', codecs: /CODECS="([^"]*)"/.exec(line)?.[1] }];
  });
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines[0] !== '#EXTM3U') throw new Error('it does not begin with #EXTM3U');
  return lines;
}

function splitTag(line: string): [tag: string, value: string] {
  const colon = line.indexOf(':');
  return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)];
}
