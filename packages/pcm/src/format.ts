/** How raw samples are laid out. The station's own format is always {@link STATION_FORMAT}. */
export interface PcmFormat {
  /** Frames per second. */
  readonly sampleRate: number;
  /** Samples per frame. */
  readonly channels: number;
  /** Significant bits per sample. */
  readonly bitDepth: number;
}

/** 48 kHz, stereo, 24 bit: what every stage after capture sees. */
export const STATION_FORMAT: PcmFormat = { sampleRate: 48_000, channels: 2, bitDepth: 24 };

/** Frames per second of a station. */
export const SAMPLE_RATE = 48_000;

/** Samples per frame of a station. */
export const CHANNELS = 2;

/** Bytes of one frame: two interleaved signed little-endian 24-bit samples. */
export const BYTES_PER_FRAME = 6;

/**
 * Frames in a {@link PcmBlock}: 40 ms. Divides every whole second, equals two Opus packets and one FLAC frame,
 * and stays inside FLAC's streamable subset.
 */
export const BLOCK_FRAMES = 1920;

/** Frames of one 20 ms Opus packet at 48 kHz. */
export const OPUS_PACKET_FRAMES = 960;
