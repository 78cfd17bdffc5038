export type { BitPerfectVerdict } from './bit-perfect.ts';
export { createBestEngine, type EngineKind } from './choose-engine.ts';
export type { Clock } from './core/clock.ts';
export type { FollowedSegment, SegmentInput } from './core/delivery.ts';
export type { StationPoint } from './core/epochs.ts';
export type { FetchLike } from './core/http.ts';
export type { LatencyMode } from './core/live-edge.ts';
export type { Quality } from './core/quality.ts';
export type { PlacedPcm } from './decode/assemble.ts';
export type { DecodeJob, DecodeSession, PcmBatch, SegmentDecoder } from './decode/decoder.ts';
export { createElementEngine } from './element-engine.ts';
export { createRadioEngine } from './engine.ts';
export { PlayerError, type PlayerErrorCode, type PlayerErrorRecovery, type PlayerErrorSeverity } from './error.ts';
export type { CodecConfig } from './mp4/init.ts';
export type { Packet, SegmentHead } from './mp4/segment.ts';
export type { Output, SegmentReport } from './output/output.ts';
export { FADE_FRAMES, type RingState } from './output/protocol.ts';
export type { AudioSink, SinkEvents, SinkPosition } from './output/sink.ts';
export type {
  AudibleSegment,
  RadioEngine,
  RadioEngineEvents,
  RadioEngineOptions,
  RadioState,
  RadioStats,
} from './types.ts';
