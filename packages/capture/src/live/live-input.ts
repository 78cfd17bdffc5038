import type { DepthMeter } from '../depth.ts';
import type { CaptureError } from '../error.ts';
import type { SourceInfo } from '../source.ts';
import type { RunningTool, ToolOptions } from '../tool.ts';
import { DEVICE_POLICY, type GapPolicy } from './gap-accountant.ts';

/** When a live source is given up and opened again. All in milliseconds. */
export interface ReopenPolicy {
  /** A source that delivers nothing for this long has stalled. */
  readonly stallMs: number;
  /** The same for its first data after it was opened. */
  readonly firstDataMs: number;
  /** Waits before the first, second, … attempt; the last one repeats. */
  readonly backoffMs: readonly number[];
  /** Its clock does not stop while it is being opened: silence need not wait for the outcome. */
  readonly silenceWhileOpening: boolean;
}

/** Back within 2 s: an attempt at most every 500 ms, each of which takes a few milliseconds while nothing is there. */
export const DEVICE_REOPEN: ReopenPolicy = {
  stallMs: 500,
  firstDataMs: 3_000,
  backoffMs: [50, 100, 250, 500],
  silenceWhileOpening: false,
};

/** A sound server or a plug-in may change its latency by itself; only more than that is loss when nobody says so. */
export const CONVERTED_DEVICE_POLICY: GapPolicy = { ...DEVICE_POLICY, thresholdMs: 150 };

/** A device that is opened again for as long as somebody listens. */
export interface DeviceSource {
  readonly info: SourceInfo;
  readonly input: LiveInput;
  readonly depth: DepthMeter;
}

/** A tool that is capturing. */
export interface LiveAttempt {
  readonly tool: RunningTool;
  /** Bytes of one frame in the tool's output. */
  readonly frameBytes: number;
  /** Whole frames of the tool's output as S24LE stereo. */
  toS24le(data: Uint8Array): Uint8Array;
}

/** What a line of a tool means. */
export type LineMeaning = 'overrun' | 'routine' | CaptureError | undefined;

/** A source that goes on for ever, whatever happens to it. */
export interface LiveInput {
  /** For people. */
  readonly name: string;
  /** What stands before a line of the tool. */
  readonly toolName: string;
  readonly gaps: GapPolicy;
  readonly reopen: ReopenPolicy;
  /** Read at most this far ahead of real time, in milliseconds, counted from the start of the tool. Default: no limit. */
  readonly maxLeadMs?: number;
  /** Starts the tool. Called again whenever it ended, and then may find another device than before. */
  start(options: ToolOptions): Promise<LiveAttempt>;
  /** `overrun`, `routine` (not worth a message), an error that ends the attempt, or else a message for people. */
  readLine(line: string): LineMeaning;
}
