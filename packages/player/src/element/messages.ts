import type { BitPerfectVerdict } from '../engine/bit-perfect.ts';
import type { PlayerErrorCode } from '../engine/error.ts';
import type { RadioState } from '../engine/types.ts';

/** Every word the element shows or speaks, in one language. */
export interface Messages {
  readonly play: (station: string) => string;
  readonly stop: (station: string) => string;
  readonly pause: string;
  readonly station: string;
  readonly live: string;
  readonly offAir: string;
  readonly quality: string;
  readonly qualities: Readonly<Record<'auto' | 'hq' | 'lq', string>>;
  readonly volume: string;
  readonly mute: string;
  readonly unmute: string;
  readonly latency: string;
  readonly goLive: string;
  /** Name of the time-shift slider, and its value: seconds behind the live edge. */
  readonly timeline: string;
  readonly behind: (seconds: number) => string;
  /** Another tab plays. */
  readonly elsewhere: string;
  readonly playHere: string;
  readonly seconds: (seconds: number) => string;
  readonly percent: (share: number) => string;
  readonly states: Readonly<Record<RadioState, string>>;
  /** Label and explanation of the bit-perfect badge. */
  readonly verdicts: Readonly<Record<BitPerfectVerdict, readonly [label: string, explanation: string]>>;
  readonly errors: Readonly<Record<PlayerErrorCode, string>>;
}
