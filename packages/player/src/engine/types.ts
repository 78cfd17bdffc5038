import type { NowPlaying } from '@bucket-radio/manifest';
import type { RenditionName } from '@bucket-radio/pcm';
import type { BitPerfectVerdict } from './bit-perfect.ts';
import type { Clock } from './core/clock.ts';
import type { StationPoint } from './core/epochs.ts';
import type { FetchLike } from './core/http.ts';
import type { LatencyMode } from './core/live-edge.ts';
import type { Quality } from './core/quality.ts';
import type { SegmentDecoder } from './decode/decoder.ts';
import type { PlayerError } from './error.ts';
import type { Output } from './output/output.ts';
import type { AudioSink } from './output/sink.ts';

/**
 * - `stopped`: nothing happens until `play`.
 * - `connecting`: asked to play, nothing heard yet.
 * - `playing`: sound.
 * - `rebuffering`: the sound ran out; it comes back by itself.
 * - `paused`: silent at a place in the window; `play` goes on there while it still is in the window.
 * - `offline`: the station is off the air; it comes back by itself when the station does.
 * - `failed`: cannot play in this browser or this version; see the error.
 */
export type RadioState = 'stopped' | 'connecting' | 'playing' | 'paused' | 'rebuffering' | 'offline' | 'failed';

/** The segment that is heard. */
export interface AudibleSegment {
  readonly epoch: string;
  readonly index: number;
  readonly rendition: RenditionName;
  /** Whether its decoded PCM has the MD5 that the station computed at capture; absent in `lq`. */
  readonly verified?: boolean;
}

/** A snapshot. */
export interface RadioStats {
  readonly state: RadioState;
  readonly station: string | undefined;
  /** Whether the station is on the air, as far as is known. */
  readonly live: boolean;
  /** Seconds between the moment of capture and the ear; absent while nothing is heard. */
  readonly latencySeconds: number | undefined;
  readonly bufferedSeconds: number;
  /** How far behind the live edge sound can be had, in seconds: the window's length. 0 before the first manifest. */
  readonly windowSeconds: number;
  /** How far behind the newest readable frame the ear is, in seconds; absent while nothing is heard or paused. */
  readonly behindSeconds: number | undefined;
  /** Whether that is so because the listener paused or went back. */
  readonly shifted: boolean;
  /** Times the sound ran out while the station was on the air. */
  readonly underruns: number;
  readonly rendition: RenditionName | undefined;
  /** Index of the segment that is heard. */
  readonly segment: number | undefined;
  /** Station frame that left the page last, as of the last report (ten a second). */
  readonly frame: number | undefined;
  /** Frame counter of the audio context at which `frame` was rendered. */
  readonly contextFrame: number | undefined;
  readonly bitPerfect: BitPerfectVerdict;
  /** Segments in `hq` whose MD5 matched, and did not. */
  readonly bitPerfectVerified: number;
  readonly bitPerfectFailed: number;
  readonly nowPlaying: NowPlaying | undefined;
  /** Milliseconds that the origin's clock is ahead of this machine's; 0 when unknown. */
  readonly clockOffsetMs: number;
}

export interface RadioEngineEvents {
  state: RadioState;
  /** Another segment is heard, or the check of the one that is heard is done. */
  segment: AudibleSegment;
  /** About ten times a second while playing, and with every change. */
  stats: RadioStats;
  /** Another title is heard, from this moment on; `undefined` when nothing is known of what is heard. */
  nowplaying: NowPlaying | undefined;
  error: PlayerError;
  /** The fault that the last `error` told of is over. */
  recovered: undefined;
}

export interface RadioEngineOptions {
  /** URL of the station's manifest, absolute or relative to the page. */
  readonly src: string;
  /** Directory that the manifest's paths are relative to. Default: the manifest's own. */
  readonly base?: string;
  /** Of a station with a private bucket: where its gate gives session tokens. They are renewed by themselves. */
  readonly tokenUrl?: string;
  /** Default `auto`. */
  readonly quality?: Quality;
  /** How close to the live edge to play. Default `balanced`. */
  readonly latencyMode?: LatencyMode;
  /** 0 to 1. Default 1, where samples pass unchanged. */
  readonly volume?: number;
  /** URL of `worklet.js`. Default: beside this module. */
  readonly workletUrl?: string | URL;
  /** Default: the global `fetch`. */
  readonly fetch?: FetchLike;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Numbers in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
  /** Default: AudioWorklet. */
  readonly createSink?: () => AudioSink;
  /** Instead of a sink and a decoder. */
  readonly createOutput?: () => Output;
  /** Default: WebCodecs, else `decodeAudioData`. */
  readonly createDecoder?: () => Promise<SegmentDecoder>;
}

export interface RadioEngine {
  readonly state: RadioState;
  readonly stats: RadioStats;
  /** The fault that is not over yet. */
  readonly error: PlayerError | undefined;
  /** After the volume, before the speakers; exists from the first `play` on. For visualisers and tests. */
  readonly outputNode: AudioNode | undefined;
  /** The media element that plays, in the element engine; for tests, and for pages that want to look after it. */
  readonly mediaElement: HTMLMediaElement | undefined;
  readonly volume: number;
  readonly quality: Quality;
  readonly latencyMode: LatencyMode;
  /** Starts at the live edge, or goes on where `pause` was called if that is still in the window. Call it in a click or key handler: browsers allow sound only there. */
  play(): void;
  /** The same from a place that is still to be told: `another.halt()`. Without one, at the live edge. */
  play(from: Promise<StationPoint | undefined>): void;
  stop(): void;
  /**
   * Stops, and resolves with the first frame that was not played, for another engine to go on with: `other.play(this.halt())`
   * leaves nothing out and repeats nothing.
   */
  halt(): Promise<StationPoint | undefined>;
  /** Falls silent and remembers the place. */
  pause(): void;
  /**
   * Plays from another place in the window: `seconds` behind the newest readable frame, at most the window's length.
   * Less than a newcomer's distance means live.
   */
  seek(seconds: number): void;
  /** Plays at the live edge. */
  goLive(): void;
  /** Takes effect with the next start or jump. */
  setLatencyMode(mode: LatencyMode): void;
  /** The network may be back: tries at once whatever is being waited for. Pages need not call it; events do. */
  wake(): void;
  /** @throws RangeError unless 0 ≤ volume ≤ 1 */
  setVolume(volume: number): void;
  /** Takes effect at the next segment boundary, without a gap. */
  setQuality(quality: Quality): void;
  /** Returns the function that removes the listener. */
  on<K extends keyof RadioEngineEvents>(event: K, listener: (value: RadioEngineEvents[K]) => void): () => void;
  /** Stops and frees the audio output. The engine can play again afterwards. */
  dispose(): Promise<void>;
}
