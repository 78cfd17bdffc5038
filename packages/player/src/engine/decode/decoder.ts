import type { CodecConfig } from '../mp4/init.ts';
import type { Packet } from '../mp4/segment.ts';

/** One segment to decode. */
export interface DecodeJob {
  readonly config: CodecConfig;
  /** Packets that come before; their output is not delivered. */
  readonly leadIn: readonly Uint8Array[];
  readonly packets: readonly Packet[];
}

/** Decoded sound: planar floats in [-1, 1). 24-bit FLAC arrives exactly: value × 2²³ is a whole number. */
export interface PcmBatch {
  readonly left: Float32Array<ArrayBuffer>;
  readonly right: Float32Array<ArrayBuffer>;
}

/** Turns packets into samples. Keeps nothing between segments: the lead-in stands in for what came before. */
export interface SegmentDecoder {
  /** Codecs that this browser decodes this way. */
  readonly codecs: readonly CodecConfig['codec'][];
  /**
   * Delivers the batches in order and resolves after the last one.
   * @throws PlayerError DecodeFailed; the signal's reason when aborted
   */
  decode(job: DecodeJob, onBatch: (batch: PcmBatch) => void, signal: AbortSignal): Promise<void>;
}
