import { CHANNELS, type RenditionName, SAMPLE_RATE } from '@bucket-radio/pcm';

/** What mediabunny needs to describe a rendition: a WebCodecs decoder configuration. */
export interface CodecConfig {
  readonly codec: 'flac' | 'opus';
  readonly numberOfChannels: number;
  readonly sampleRate: number;
  readonly description: Uint8Array;
}

/** STREAMINFO of the station's format before its first frame, as libFLAC writes it at every level. */
const FLAC_HEADER = Uint8Array.from([
  ...[0x66, 0x4c, 0x61, 0x43], // fLaC
  ...[0x80, 0, 0, 34], // STREAMINFO, last block
  ...[0x07, 0x80, 0x07, 0x80], // blocks of 1920 to 1920 frames
  ...[0, 0, 0, 0, 0, 0], // frame sizes unknown
  ...[0x0b, 0xb8, 0x03, 0x70, 0, 0, 0, 0], // 48 kHz, 2 channels, 24 bit, length unknown
  ...Array.from({ length: 16 }, () => 0), // MD5 unknown
]);

/** RFC 7845 identification header: version 1, 2 channels, pre-skip 0, 48 kHz, gain 0, mapping family 0. */
const OPUS_HEAD = Uint8Array.from([
  ...[0x4f, 0x70, 0x75, 0x73, 0x48, 0x65, 0x61, 0x64], // OpusHead
  ...[1, CHANNELS],
  ...[0, 0],
  ...[0x80, 0xbb, 0, 0],
  ...[0, 0],
  0,
]);

/** @param flacHeader marker and STREAMINFO (42 bytes); the station's constant one when omitted */
export function codecConfig(rendition: RenditionName, flacHeader: Uint8Array = FLAC_HEADER): CodecConfig {
  const base = { numberOfChannels: CHANNELS, sampleRate: SAMPLE_RATE };
  return rendition === 'hq'
    ? { ...base, codec: 'flac', description: flacHeader }
    : { ...base, codec: 'opus', description: OPUS_HEAD };
}
