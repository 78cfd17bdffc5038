export type { Backend, BackendChoice } from './backend.ts';
export { createSegmentMuxer, type SegmentMuxer, type SegmentMuxerOptions } from './cmaf/segment-muxer.ts';
export { detectBackends } from './detect-backends.ts';
export { EncoderError, type EncoderErrorCode } from './encoder-error.ts';
export { decodeFlac, decodeFlacStream, type FlacStream } from './flac/flac-decoder.ts';
export {
  createFlacEncoder,
  type FlacEncoder,
  type FlacEncoderOptions,
  type FlacStreamEnd,
} from './flac/flac-encoder.ts';
export { createOpusDecoder, type OpusDecoder } from './opus/opus-decoder.ts';
export { createOpusEncoder, type OpusEncoder, type OpusEncoderOptions } from './opus/opus-encoder.ts';
