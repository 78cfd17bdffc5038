import type { FollowedSegment, SegmentInput } from '../core/delivery.ts';
import type { PlayerError } from '../error.ts';
import type { CodecConfig } from '../mp4/init.ts';
import type { AudioSink } from './sink.ts';

/** What an output learns about a segment while it plays it. */
export interface SegmentReport {
  /** Whether its PCM has the MD5 of its proof; not called where there is no proof, or where the PCM is not seen. */
  verified(matches: boolean): void;
  failed(error: PlayerError): void;
}

/** The way from packets to the ear. The engine knows no more of Web Audio and of media elements than this. */
export interface Output extends Omit<AudioSink, 'write'> {
  /** Codecs that it plays; known after `open`. */
  readonly codecs: readonly CodecConfig['codec'][];
  /** The media element that plays, where one does. */
  readonly mediaElement?: HTMLMediaElement | undefined;
  begin(followed: FollowedSegment, report: SegmentReport): SegmentInput;
}
