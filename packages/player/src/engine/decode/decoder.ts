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
  /** Packets that come before. */
  readonly leadIn: readonly Uint8Array[];
  /** Takes the sound, in order. Not called after `close`. */
  readonly onBatch: (batch: PcmBatch) => void;
  /** Takes the sound of the lead-in, which belongs before the segment. */
  readonly onLeadIn?: (batch: PcmBatch) => void;
  /** Takes a guess at what comes after the segment, where the codec makes one; before `finish` resolves. */
  readonly onTail?: (batch: PcmBatch) => void;
}

/** A segment being decoded. */
export interface DecodeSession {
  /** Takes the next packets and returns at once. */
  push(packets: readonly Packet[]): void;
  /** Resolves after the last batch. @throws Error when the segment cannot be decoded, in whole or in part */
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
