export { floatToS24, packS24le, S24_MAX, S24_MIN, unpackS24le } from './bytes.ts';
export type {
  EncodedSegment,
  Fidelity,
  FlacFrame,
  GapReason,
  OpusPacket,
  PcmBlock,
  PcmChunk,
  PcmGap,
  PublishedSegment,
  RenditionName,
  SegmentEnd,
} from './flow.ts';
export {
  BLOCK_FRAMES,
  BYTES_PER_FRAME,
  CHANNELS,
  OPUS_PACKET_FRAMES,
  type PcmFormat,
  SAMPLE_RATE,
  STATION_FORMAT,
} from './format.ts';
export { createPcmMd5, type PcmMd5, pcmMd5, toHex } from './md5.ts';
export { samplesOf } from './samples.ts';
export { framesToMs, msToFrames, segmentBlocks, segmentFrames } from './time.ts';
