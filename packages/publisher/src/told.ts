import type { ParsedPlaylistSegment, PlaylistDateRange } from '@bucket-radio/manifest';
import type { RenditionName } from '@bucket-radio/pcm';
import { RENDITIONS } from './renditions.ts';

/** What the playlists of an earlier run said. */
export type ToldPlaylists = Readonly<Record<RenditionName, readonly ParsedPlaylistSegment[]>> & {
  readonly dateRanges: readonly PlaylistDateRange[];
};

/** A segment as it was told, and the renditions in which that was a gap. */
interface ToldSegment {
  readonly segment: ParsedPlaylistSegment;
  readonly gaps: RenditionName[];
}

/** By index. */
export function toldSegments(playlists: ToldPlaylists): Map<number, ToldSegment> {
  const told = new Map<number, ToldSegment>();
  for (const rendition of RENDITIONS) {
    for (const segment of playlists[rendition]) {
      const known = told.get(segment.index) ?? { segment, gaps: [] };
      if (segment.gap) known.gaps.push(rendition);
      told.set(segment.index, known);
    }
  }
  return told;
}
