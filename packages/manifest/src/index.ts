export { ManifestError, type ManifestErrorCode } from './error.ts';
export {
  type MediaPlaylist,
  mediaPlaylist,
  multivariantPlaylist,
  PLAYLIST_MAX_SEGMENTS,
  type PlaylistDateRange,
  type PlaylistSegment,
} from './hls.ts';
export { type ParsedPlaylistSegment, parseMediaPlaylist, parsePlaylistDateRanges } from './hls-parse.ts';
export {
  expandIndexPath,
  type HourIndex,
  parseHourIndex,
  readHourIndexes,
  withHourIndexes,
} from './hour-index.ts';
export { hourName } from './hour-name.ts';
export {
  expandSegmentTemplate,
  formatIndex,
  indexKey,
  indexTemplate,
  initKey,
  MANIFEST_KEY,
  PLAYLIST_KEYS,
  parseStationKey,
  type StationKey,
  type StationObjectHeaders,
  segmentKey,
  segmentTemplate,
  stationObjectHeaders,
} from './keys.ts';
export { isMissing, missingRuns } from './missing.ts';
export { parseManifest } from './parse.ts';
export { isPathBelow, MAX_PATH_LENGTH } from './path.ts';
export { MAX_TEXT_BYTES, utf8Length } from './text.ts';
export {
  MANIFEST_VERSION,
  type Manifest,
  type ManifestBreak,
  type ManifestGap,
  type ManifestIndex,
  type ManifestMissing,
  type ManifestPrevious,
  type ManifestRendition,
  type NowPlaying,
} from './types.ts';
export { defaultWindowSegments, MIN_WINDOW_SEGMENTS, windowFirst } from './window.ts';
