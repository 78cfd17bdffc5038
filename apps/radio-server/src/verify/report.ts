import type { RenditionName } from '@bucket-radio/pcm';
import type { Alignment } from './alignment.ts';

/** What was compared with what it should be. */
export type CheckName =
  | 'manifest'
  | 'window'
  | 'playlist'
  | 'readable'
  | 'headers'
  | 'init'
  | 'boxes'
  | 'proof'
  | 'frames'
  | 'md5'
  | 'join'
  | 'alignment'
  | 'size'
  | 'recording';

/** One thing that is not as docs/format.md says. */
export interface Difference {
  readonly check: CheckName;
  /** The object, relative to the station's prefix, or a path. */
  readonly object: string;
  readonly message: string;
}

/** Collects differences of one object. */
export type Differ = (check: CheckName, message: string) => void;

/** One rendition of a segment. */
export interface RenditionReport {
  /** `missing`: the manifest says so. `left`: it left the window of a live station before it could be read. */
  readonly state: 'verified' | 'different' | 'missing' | 'left';
  readonly bytes?: number;
  /** Decoded frames. */
  readonly frames?: number;
}

export interface SegmentReport {
  readonly epoch: string;
  readonly index: number;
  readonly renditions: Readonly<Partial<Record<RenditionName, RenditionReport>>>;
  /** Of the decoded PCM with the proof box; absent when there is no `hq` to decode. */
  readonly md5?: 'equal' | 'different';
  /** With the segment before: `start` when there is none to join to. */
  readonly join: 'exact' | 'different' | 'start' | 'n/a';
  readonly alignment?: Alignment;
}

export interface RecordingReport {
  readonly path: string;
  readonly decoder: 'flac' | 'libflac-wasm';
  readonly intact: boolean;
}

export interface VerifyReport {
  /** Where the manifest was read. */
  readonly location: string;
  readonly station: string;
  readonly live: boolean;
  readonly epoch: string;
  /** The window when it was first read. */
  readonly first: number;
  readonly latest: number;
  readonly segmentSeconds: number;
  readonly decoders: { readonly hq: string; readonly lq: string };
  readonly segments: readonly SegmentReport[];
  readonly recordings: readonly RecordingReport[];
  readonly differences: readonly Difference[];
  /** Worth knowing, but no fault of the station. */
  readonly notes: readonly string[];
  readonly clean: boolean;
}

/** Nothing could be verified: no such place, or no station there. The message is one line. */
export class VerifyError extends Error {
  override readonly name = 'VerifyError';
}
