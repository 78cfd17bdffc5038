/** Receives what libFLAC writes, in order: stream header pieces with 0 frames, then one FLAC frame per call. */
export type FlacWriter = (data: Uint8Array, frames: number) => void;

/** A running libFLAC encoder: 48 kHz, stereo, 24 bit, blocks of 1920 frames, streamable subset. */
export interface FlacCodec {
  /** Encodes interleaved samples; `false` when libFLAC refuses. */
  process(samples: Int32Array, frames: number): boolean;
  /** Flushes the last frame, frees the encoder, and returns the MD5 of all samples (16 bytes). Called once. */
  finish(): Uint8Array;
}

/** Starts an encoder; the stream header has been written when it returns. */
export type CreateFlacCodec = (level: number, write: FlacWriter) => FlacCodec;
