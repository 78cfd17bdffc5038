import type { Manifest, ManifestRendition } from '@bucket-radio/manifest';
import { SAMPLE_RATE } from '@bucket-radio/pcm';
import { type ListedSegment, type Playlist, readPlaylist, readVariants } from './playlist.ts';
import type { Differ } from './report.ts';
import { type ExpectedSegment, labelOf } from './window.ts';

/** Most segments a playlist lists: the newest. */
const MAX_LISTED = 300;
const CODECS: Readonly<Record<ManifestRendition['codec'], string>> = { flac: 'fLaC', opus: 'Opus' };

/** Compares `index.m3u8` with the manifest. */
export function checkMultivariant(text: string, { renditions }: Manifest, differ: Differ): void {
  const listed = attempt(() => readVariants(text), differ);
  const show = (variants: readonly { uri: string; codecs: string | undefined }[]): string =>
    variants.map(({ uri, codecs }) => `${uri} (${codecs ?? 'no CODECS'})`).join(', ');
  const expected = show(renditions.map(({ name, codec }) => ({ uri: `${name}.m3u8`, codecs: CODECS[codec] })));
  if (listed !== undefined && show(listed) !== expected) {
    differ('playlist', `it lists ${show(listed)}; the manifest has ${expected}`);
  }
}

/** What {@link checkMediaPlaylist} compares with. */
export interface PlaylistExpectation {
  readonly manifest: Manifest;
  readonly rendition: ManifestRendition;
  /** The whole window. */
  readonly segments: readonly ExpectedSegment[];
  readonly differ: Differ;
  readonly note: (text: string) => void;
}

/**
 * Compares a media playlist with the manifest.
 * @returns the indices before which it tells a discontinuity
 */
export function checkMediaPlaylist(text: string, expectation: PlaylistExpectation): ReadonlySet<number> {
  const { manifest, segments, differ } = expectation;
  const playlist = attempt(() => readPlaylist(text), differ);
  if (playlist === undefined) return new Set();
  const expected = segments.slice(-MAX_LISTED);
  if (playlist.endList !== !manifest.live) {
    differ('playlist', `${playlist.endList ? 'EXT-X-ENDLIST' : 'no EXT-X-ENDLIST'}, but live is ${manifest.live}`);
  }
  if (playlist.mediaSequence !== expected[0]?.index) {
    differ('playlist', `EXT-X-MEDIA-SEQUENCE is ${playlist.mediaSequence}; ${expected[0]?.index} is expected`);
  }
  const longest = Math.max(...playlist.segments.map(({ seconds }) => seconds));
  // RFC 8216 §4.3.3.1: durations, rounded, are at most the target.
  if (!(playlist.targetDuration >= Math.round(longest))) {
    differ('playlist', `EXT-X-TARGETDURATION is ${playlist.targetDuration}; a segment has ${longest} s`);
  }
  if (playlist.segments.length !== expected.length) {
    differ('playlist', `it lists ${playlist.segments.length} segments; the manifest names ${expected.length}`);
  } else {
    for (const [i, segment] of expected.entries()) {
      compareSegment(playlist.segments[i] as ListedSegment, segment, expectation);
    }
    compareLabels(playlist, expected, expectation);
  }
  return compareDiscontinuities(playlist, expected, expectation);
}

function compareSegment(listed: ListedSegment, expected: ExpectedSegment, expectation: PlaylistExpectation): void {
  const { rendition, differ, note } = expectation;
  const at = `segment ${expected.index}: `;
  const key = expected.keys[rendition.name];
  if (listed.uri !== key) differ('playlist', `${at}the URI is ${listed.uri}; ${key} is expected`);
  const init = expected.inits[rendition.name];
  if (listed.map !== init) differ('playlist', `${at}EXT-X-MAP is ${listed.map ?? 'absent'}; ${init} is expected`);
  const seconds = expected.frames / SAMPLE_RATE;
  const shorter = expected.mayBeShort && listed.seconds > 0 && listed.seconds < seconds;
  if (!shorter && !(Math.abs(listed.seconds - seconds) < 1e-5)) {
    differ('playlist', `${at}EXTINF is ${listed.seconds}; ${seconds} is expected`);
  }
  const missing = expected.missing.includes(rendition.name);
  if (missing && !listed.gap) differ('playlist', `${at}no EXT-X-GAP, but the manifest says that it is missing`);
  if (!missing && listed.gap)
    note(`${rendition.name} segment ${expected.index} is an EXT-X-GAP and not missing: it arrived late`);
}

/** A label is compared where no interruption that only the playlist knows lies between it and what it is counted from. */
function compareLabels(
  playlist: Playlist,
  expected: readonly ExpectedSegment[],
  expectation: PlaylistExpectation,
): void {
  const { manifest, differ } = expectation;
  let comparable = true;
  for (let i = expected.length - 1; i >= 0; i--) {
    const [segment, listed] = [expected[i] as ExpectedSegment, playlist.segments[i] as ListedSegment];
    if (segment.epoch !== expected[i + 1]?.epoch) comparable = true;
    const label = labelOf(manifest, segment);
    if (Number.isNaN(listed.utcMs)) differ('playlist', `segment ${segment.index}: no EXT-X-PROGRAM-DATE-TIME`);
    else if (comparable && label !== undefined && Math.abs(listed.utcMs - label.utcMs) > label.toleranceMs) {
      const off = (listed.utcMs - label.utcMs).toFixed(0);
      differ('playlist', `segment ${segment.index}: EXT-X-PROGRAM-DATE-TIME is ${off} ms from its frame's label`);
    }
    if (listed.discontinuity && !segment.startsRun) comparable = false;
  }
}

function compareDiscontinuities(
  { segments, discontinuitySequence }: Playlist,
  expected: readonly ExpectedSegment[],
  { manifest, differ }: PlaylistExpectation,
): ReadonlySet<number> {
  const told = new Set<number>();
  for (const [i, segment] of expected.entries()) {
    const listed = segments[i];
    if (listed === undefined) break;
    if (listed.discontinuity) told.add(segment.index);
    else if (segment.startsRun && i > 0) {
      differ('playlist', `segment ${segment.index}: no EXT-X-DISCONTINUITY, but the timeline is interrupted before it`);
    }
  }
  const total = manifest.discontinuities;
  if (total !== undefined && discontinuitySequence + told.size !== total) {
    differ('playlist', `${discontinuitySequence} + ${told.size} discontinuities; the manifest counts ${total}`);
  }
  return told;
}

function attempt<T>(read: () => T, differ: Differ): T | undefined {
  try {
    return read();
  } catch (error) {
    differ('playlist', error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
