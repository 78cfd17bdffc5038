import type { BitPerfectVerdict } from '../engine/bit-perfect.ts';
import type { PlayerErrorCode } from '../engine/error.ts';
import type { RadioState } from '../engine/types.ts';

/** Every word the element shows or speaks, in one language. */
export interface Messages {
  readonly play: (station: string) => string;
  readonly stop: (station: string) => string;
  readonly station: string;
  readonly live: string;
  readonly offAir: string;
  readonly quality: string;
  readonly qualities: Readonly<Record<'auto' | 'hq' | 'lq', string>>;
  readonly volume: string;
  readonly mute: string;
  readonly unmute: string;
  readonly latency: string;
  readonly seconds: (seconds: number) => string;
  readonly percent: (share: number) => string;
  readonly states: Readonly<Record<RadioState, string>>;
  /** Label and explanation of the bit-perfect badge. */
  readonly verdicts: Readonly<Record<BitPerfectVerdict, readonly [label: string, explanation: string]>>;
  readonly errors: Readonly<Record<PlayerErrorCode, string>>;
}

export const en: Messages = {
  play: (station) => `Play ${station}`,
  stop: (station) => `Stop ${station}`,
  station: 'Radio',
  live: 'Live',
  offAir: 'Off air',
  quality: 'Quality',
  qualities: { auto: 'Auto', hq: 'Lossless', lq: 'Data saver' },
  volume: 'Volume',
  mute: 'Mute',
  unmute: 'Unmute',
  latency: 'behind live',
  seconds: (seconds) => `${seconds.toFixed(1)} s`,
  percent: (share) => `${Math.round(share * 100)} %`,
  states: {
    stopped: '',
    connecting: 'Connecting…',
    playing: '',
    paused: 'Paused',
    rebuffering: 'Waiting for the network…',
    offline: 'Playing goes on when the station is back.',
    failed: '',
  },
  verdicts: {
    verified: ['Bit-perfect', "Verified bit-perfect up to the browser's output"],
    'not-playing': ['', ''],
    'source-converted': ['Converted source', 'Lossless from the station on; the source was converted before'],
    compressed: ['Compressed', 'Playing the compressed rendition'],
    volume: ['Lossless, volume changed', 'At full volume the samples pass unchanged'],
    resampled: ['Lossless, resampled', 'This audio output does not run at 48 kHz'],
    unverified: ['Lossless', 'Not checked yet'],
    mismatch: ['Check failed', 'This segment does not decode to the captured samples'],
  },
  errors: {
    AutoplayBlocked: 'Press play: this browser starts sound only after a click.',
    AudioOutput: 'The audio output could not be opened. Press play to try again.',
    DecodeFailed: 'A piece could not be decoded; going on with the next one.',
    ManifestInvalid: 'The station’s address does not lead to a station. Trying again…',
    ManifestUnreachable: 'Cannot reach the station. Trying again…',
    SegmentCorrupt: 'A piece arrived damaged. Trying again…',
    SegmentUnreachable: 'A piece did not arrive. Trying again…',
    UnsupportedBrowser: 'This browser cannot play this station.',
    UnsupportedVersion: 'This station needs a newer player.',
    VerificationFailed: 'A piece does not match what was captured.',
  },
};
