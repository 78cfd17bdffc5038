import type { Fidelity, GapReason, RenditionName } from '@bucket-radio/pcm';

/** The manifest format this code reads and writes. A different major version is refused. */
export const MANIFEST_VERSION = 1;

/** One quality of the station. */
export interface ManifestRendition {
  readonly name: RenditionName;
  readonly codec: 'flac' | 'opus';
  /** MIME type with codecs parameter, for `MediaSource.isTypeSupported`. */
  readonly mime: string;
  /** Path of the init segment, relative to the manifest. */
  readonly init: string;
  /** Path template of a media segment, relative to the manifest; `{index}` is the index padded to 8 digits. */
  readonly segment: string;
  /** Bits per sample; absent for Opus. */
  readonly bitDepth?: number;
  /** Bits per second, measured over the last segments. */
  readonly bitrate: number;
}

/** A place where the timeline was interrupted: before segment `index`, `lostMs` of real time are not in the stream. */
export interface ManifestBreak {
  readonly index: number;
  readonly frame: number;
  readonly utcMs: number;
  readonly lostMs: number;
  readonly reason: string;
}

/** Frames that the source lost and that are silence in the stream. */
export interface ManifestGap {
  readonly frame: number;
  readonly frames: number;
  readonly reason: GapReason;
}

/** Segments that are not in the bucket in one rendition: `count` (default 1) of them from `index` on. */
export interface ManifestMissing {
  readonly rendition: RenditionName;
  readonly index: number;
  readonly count?: number;
}

/** The epoch before this one, while segments of it are still in the window. Its keys follow the same templates. */
export interface ManifestPrevious {
  readonly epoch: string;
  readonly segmentSeconds: number;
  /** Oldest segment of it that is in the window. */
  readonly first: number;
  /** Its last segment: one below the first index of the epoch that follows. */
  readonly latest: number;
  /** UTC label of the first frame of `latest`, in milliseconds. */
  readonly latestStart: number;
}

/** Where a long window's lists go on: one object per hour (`HourIndex`). */
export interface ManifestIndex {
  /** Path template relative to the manifest; `{hour}` is the hour in UTC, `yyyymmddhh`. */
  readonly path: string;
  /** The newest hour that has an index; each names the one before it. */
  readonly hour: string;
  /** The epoch of that hour, when it is the one before. */
  readonly epoch?: string;
  /** From this segment on `breaks`, `gaps` and `missing` are complete here; for those below it the hours are. */
  readonly below: number;
}

/** What is playing, from `frame` on. Each text at most 200 bytes of UTF-8. */
export interface NowPlaying {
  readonly frame: number;
  readonly title: string;
  readonly artist?: string;
  readonly album?: string;
}

/** `live/manifest.json`: everything a player needs to follow the station. */
export interface Manifest {
  readonly version: typeof MANIFEST_VERSION;
  /** The station's name. */
  readonly station: string;
  readonly live: boolean;
  /** ULID of the numbering: an index means something only within its epoch. */
  readonly epoch: string;
  readonly segmentSeconds: number;
  readonly sampleRate: number;
  /** Oldest segment in the window. */
  readonly first: number;
  /** Newest readable segment. */
  readonly latest: number;
  /** UTC label of the first frame of `latest`, in milliseconds. */
  readonly latestStart: number;
  /** UTC at which `latest + 1` is expected to be readable, in milliseconds. */
  readonly nextEta: number;
  readonly updatedAt: number;
  /** Whether the source is captured sample for sample. */
  readonly fidelity: Fidelity;
  readonly renditions: readonly ManifestRendition[];
  readonly breaks: readonly ManifestBreak[];
  readonly gaps: readonly ManifestGap[];
  readonly missing: readonly ManifestMissing[];
  readonly nowPlaying?: NowPlaying;
  /** Segments of the epoch before, directly below `first` of this one. */
  readonly previous?: ManifestPrevious;
  /** Breaks and changes of epoch up to `latest`, since the station began. Absent: 0. */
  readonly discontinuities?: number;
  /** Present when the window is longer than an hour. */
  readonly index?: ManifestIndex;
  /** Who wrote this: every run of a station has a name of its own. A station that finds another's stops. */
  readonly writer?: string;
  /**
   * UTC at which the paths in here stop working, in milliseconds: read the manifest again before. Only where a gate in front
   * of a private bucket hands out paths that expire; absent: they work as long as the segment is in the window.
   */
  readonly validUntil?: number;
}
