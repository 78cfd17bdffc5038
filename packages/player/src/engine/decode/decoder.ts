import type { CodecConfig } from '../mp4/init.ts';
import type { Packet } from '../mp4/segment.ts';

/** Decoded sound: planar floats in [-1, 1). 24-bit FLAC arrives exactly: value × 2²³ is a whole number. */
export interface PcmBatch {
  readonly left: Float32Array<ArrayBuffer>;
  readonly right: Float32Array<ArrayBuffer>;
}

/** One segment to decode. */
export interface DecodeJob {
  readonly config: CodecConfig;
  /** Packets that come before; their output is not delivered. */
  readonly leadIn: readonly Uint8Array[];
  /** Takes the sound, in order. Not called after `close`. */
  readonly onBatch: (batch: PcmBatch) => void;
}

/** A segment being decoded. */
export interface DecodeSession {
  /** Takes the next packets and returns at once. */
  push(packets: readonly Packet[]): void;
  /** Resolves after the last batch. @throws PlayerError DecodeFailed */
  finish(): Promise<void>;
  /** Ends at once, done or not. */
  close(): void;
}

/** Turns packets into samples. Keeps nothing between segments: the lead-in stands in for what came before. */
export interface SegmentDecoder {
  /** Codecs that this browser decodes this way. */
  readonly codecs: readonly CodecConfig['codec'][];
  open(job: DecodeJob): DecodeSession;
}
