/** Encoder requests of libopus (opus_defines.h). */
export const OPUS_SET_BITRATE = 4002;
export const OPUS_SET_VBR = 4006;
export const OPUS_SET_COMPLEXITY = 4010;
export const OPUS_SET_VBR_CONSTRAINT = 4020;
export const OPUS_SET_PREDICTION_DISABLED = 4042;

/** Tuned for music and mixed content; its look-ahead at 48 kHz is {@link OPUS_LOOK_AHEAD_FRAMES}. */
export const OPUS_APPLICATION_AUDIO = 2049;

/** Frames by which libopus's output lags its input with `OPUS_APPLICATION_AUDIO` at 48 kHz: 6.5 ms. */
export const OPUS_LOOK_AHEAD_FRAMES = 312;

/** A running libopus encoder: 48 kHz, stereo, application "audio". */
export interface OpusCodec {
  /** Encodes 960 frames of interleaved samples into one packet. */
  encode(samples: Int16Array): Uint8Array;
  /** `opus_encoder_ctl`. Takes effect with the next packet. */
  control(request: number, value: number): void;
  /** Frees the encoder. Called once. */
  free(): void;
}

export type CreateOpusCodec = () => OpusCodec;
