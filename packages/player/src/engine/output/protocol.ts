import type { PcmBatch } from '../decode/decoder.ts';

/** Messages between the engine and its AudioWorklet. All times in frames at 48 kHz. */

/** Name under which the processor is registered. */
export const PROCESSOR_NAME = 'bucket-radio-ring';

/** 5 ms: length of a fade where sound starts, stops or jumps. Sound that merely continues is never touched. */
export const FADE_FRAMES = 240;

/** 0.2 s: sound starts, or starts again after an underrun, when this much is waiting. */
export const START_FRAMES = 9600;

/** Sound for the ring. The arrays are transferred. */
export interface ChunkMessage {
  readonly type: 'chunk';
  /** Which timeline `frame` counts in; another number means another timeline (new epoch, jump). */
  readonly stream: number;
  /** Station frame of the first sample. */
  readonly frame: number;
  readonly left: Float32Array<ArrayBuffer>;
  readonly right: Float32Array<ArrayBuffer>;
  /** The same sound just before `frame`: what waits there, of another rendition, fades into it. */
  readonly lead?: PcmBatch | undefined;
  /** What the sound of another rendition before `frame` might have gone on with: this chunk fades in over it. */
  readonly tail?: PcmBatch | undefined;
}

/** Drop everything that waits and fall silent. */
export interface ClearMessage {
  readonly type: 'clear';
}

export type ToWorklet = ChunkMessage | ClearMessage;

export type RingState = 'idle' | 'playing' | 'starved';

/** Where the sound is. Sent about ten times a second while something plays, and at every change of state. */
export interface PositionMessage {
  readonly type: 'position';
  readonly state: RingState;
  readonly stream: number;
  /** Station frame that is rendered at `contextFrame`. */
  readonly frame: number;
  /** Frame counter of the AudioContext. */
  readonly contextFrame: number;
  /** Frames that left the ring since it was made: rendered or dropped. */
  readonly consumedFrames: number;
  /** Times the sound ran out since the ring was made. */
  readonly underruns: number;
}
