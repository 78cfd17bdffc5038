import { framesToMs } from '@bucket-radio/pcm';
import type { NtpState } from './ntp.ts';

/** What a source is doing. `reopening`: it is gone, and its timeline goes on as silence. */
export type CaptureState = 'idle' | 'capturing' | 'reopening' | 'ended';

/** What is known about a capture so far. */
export interface CaptureStats {
  readonly state: CaptureState;
  /** Frames in the timeline since the first, inserted silence included. */
  readonly frames: number;
  /** Overruns that the source's tool reported; each may or may not have been a gap. */
  readonly xruns: number;
  /** Runs of frames that were lost and are silence. */
  readonly gaps: number;
  /** Their length together. */
  readonly lostMs: number;
  /** How much faster than 48 kHz the source's clock runs, measured over at least 10 minutes; `null` before, and where there is no such clock. */
  readonly clockPpm: number | null;
  /** What keeps this computer's clock. */
  readonly ntp: NtpState;
  /** Bits per sample that the source really uses; `null` until a second of sound was heard. */
  readonly trueBitDepth: number | null;
}

/** What a live or generated capture counts; {@link CaptureStats} is made of it. */
export interface CaptureCounts {
  readonly state: CaptureState;
  readonly frames: number;
  readonly xruns: number;
  readonly gaps: number;
  readonly lostFrames: number;
  readonly clockPpm: number | null;
}

export const NOTHING_CAPTURED: CaptureCounts = {
  state: 'idle',
  frames: 0,
  xruns: 0,
  gaps: 0,
  lostFrames: 0,
  clockPpm: null,
};

export function captureStats(counts: CaptureCounts, trueBitDepth: number | null, ntp: NtpState): CaptureStats {
  const { lostFrames, ...rest } = counts;
  return { ...rest, lostMs: framesToMs(lostFrames), ntp, trueBitDepth };
}
