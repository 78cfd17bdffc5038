import type { PlacedPcm } from '../decode/assemble.ts';
import type { RingState } from './protocol.ts';

/** Where the sound is, as heard by the context. */
export interface SinkPosition {
  readonly state: RingState;
  readonly stream: number;
  /** Station frame rendered at `contextFrame`. */
  readonly frame: number;
  /** Frame counter of the audio context. */
  readonly contextFrame: number;
  readonly bufferedFrames: number;
  readonly underruns: number;
}

export interface SinkEvents {
  position: SinkPosition;
  /** `running` changed. */
  running: boolean;
}

/** What plays samples. The engine knows no more of Web Audio than this. */
export interface AudioSink {
  /** Rate of the output; 0 before `open`. Other than 48 000, the browser resamples and nothing is bit-perfect. */
  readonly sampleRate: number;
  /** After the volume, before the speakers: for visualisers and tests. */
  readonly outputNode?: AudioNode | undefined;
  /** Milliseconds between `outputNode` and the ear. */
  readonly outputLatencyMs: number;
  /** Frames written and not yet played, counted here: it is up to date right after `write`. */
  readonly bufferedFrames: number;
  /** False while the browser withholds the output: no gesture yet, a phone call, no device. */
  readonly running: boolean;
  on<K extends keyof SinkEvents>(event: K, listener: (value: SinkEvents[K]) => void): () => void;
  /**
   * Makes the output ready, and is called synchronously in the user's gesture.
   * @throws PlayerError UnsupportedBrowser, AudioOutput
   */
  open(): Promise<void>;
  write(stream: number, pcm: PlacedPcm): void;
  /** 0 to 1; 1 passes samples unchanged. */
  setVolume(volume: number): void;
  /**
   * Falls silent and drops what is buffered. `open` starts again. Resolves with the station frame after the last one that
   * was played, as soon as that is known; `undefined` when nothing was playing.
   */
  stop(): Promise<number | undefined>;
  /** Frees the output for good. */
  close(): Promise<void>;
}
