import type { AlertKind, AlertSeverity } from '../alerts/alert.ts';
import { amplitudeDb } from '../meters/decibels.ts';
import type { Hum } from './hum.ts';
import type { HysteresisLimits, Verdict } from './hysteresis.ts';
import type { ChannelSum, SignalSum } from './second.ts';

/** What a rule looks at, once a second. */
export interface Look {
  /** The last `windowSeconds` as one. */
  readonly signal: SignalSum;
  /** Per channel; looked for every second. */
  readonly hum: readonly (Hum | undefined)[];
}

/** One thing that can be wrong with a signal. */
export interface Rule extends HysteresisLimits {
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly windowSeconds: number;
  readonly judge: (look: Look) => Verdict;
  readonly message: (look: Look) => string;
  readonly remedy: string;
}

export interface GuardSettings {
  /** RMS of both channels below which it is silence, in dBFS. */
  readonly silenceDbfs: number;
  readonly silenceSeconds: number;
  /** Bits that the source says it has; a source of 16 bits or fewer may leave the lower eight at zero. */
  readonly bitDepth: number;
}

/** Silence is over at this far above its limit. */
const SILENCE_HYSTERESIS_DB = 5;
const NAMES = ['left', 'right'] as const;

/** All rules, for a station with these settings. Times are seconds, because a look is taken every second. */
export function signalRules(settings: GuardSettings): readonly Rule[] {
  return [silence(settings), deadChannel, clipping, dcOffset, phaseInverted, stuckSample, mainsHum, ...depth(settings)];
}

/** What the rules tell of: it is over when nothing is captured. */
export const SIGNAL_KINDS: readonly AlertKind[] = [
  'silence',
  'dead-channel',
  'clipping',
  'dc-offset',
  'phase-inverted',
  'stuck-sample',
  'mains-hum',
  'depth-16-in-24',
];

function silence({ silenceDbfs, silenceSeconds }: GuardSettings): Rule {
  return {
    kind: 'silence',
    severity: 'critical',
    windowSeconds: 1,
    raiseAfter: silenceSeconds,
    clearAfter: 3,
    judge: ({ signal }) => {
      const loudest = Math.max(...levels(signal));
      return loudest < silenceDbfs ? 'bad' : loudest > silenceDbfs + SILENCE_HYSTERESIS_DB ? 'good' : 'unsure';
    },
    message: ({ signal }) =>
      `silence for ${silenceSeconds} s: the louder channel is at ${db(Math.max(...levels(signal)))}, the limit is ${db(silenceDbfs)}`,
    remedy: 'check that the player runs, its cable, the input gain and that the right device and channels are captured',
  };
}

const deadChannel: Rule = {
  kind: 'dead-channel',
  severity: 'critical',
  windowSeconds: 5,
  raiseAfter: 15,
  clearAfter: 3,
  judge: ({ signal }) => {
    const [low, high] = lowHigh(signal);
    if (high < -50) return 'unsure';
    return low < -65 && high - low > 30 ? 'bad' : low > -60 || high - low < 25 ? 'good' : 'unsure';
  },
  message: ({ signal }) => {
    const [left, right] = levels(signal);
    return `the ${left < right ? 'left' : 'right'} channel is dead: left ${db(left)}, right ${db(right)}`;
  },
  remedy: 'check the cable and plug of that channel, the balance control and the channel pair (--channels)',
};

const clipping: Rule = {
  kind: 'clipping',
  severity: 'warning',
  windowSeconds: 10,
  raiseAfter: 2,
  clearAfter: 10,
  judge: ({ signal }) => (clips(signal) >= 100 ? 'bad' : clips(signal) === 0 ? 'good' : 'unsure'),
  message: ({ signal }) => `clipping: ${clips(signal)} times in 10 s the waveform stood at full scale`,
  remedy: 'turn the input gain down until the loudest passage peaks below -3 dBFS',
};

const dcOffset: Rule = {
  kind: 'dc-offset',
  severity: 'warning',
  windowSeconds: 10,
  // Synthetic instruments have means of their own for half a minute; a converter's stays.
  raiseAfter: 60,
  clearAfter: 10,
  judge: ({ signal }) => {
    const worst = Math.max(...offsets(signal).map(Math.abs));
    return worst > 0.005 ? 'bad' : worst < 0.0035 ? 'good' : 'unsure';
  },
  message: ({ signal }) => {
    const [left, right] = offsets(signal).map((offset) => `${(offset * 100).toFixed(2)} %`);
    return `DC offset: the mean is ${left} of full scale left, ${right} right`;
  },
  remedy: "switch on the interface's high-pass filter, or have its input stage looked at: it costs headroom and clicks",
};

const phaseInverted: Rule = {
  kind: 'phase-inverted',
  severity: 'warning',
  windowSeconds: 10,
  raiseAfter: 10,
  clearAfter: 5,
  judge: ({ signal }) => {
    const [low, high] = lowHigh(signal);
    if (low < -50 || high - low > 6) return 'unsure';
    const value = correlation(signal);
    return value < -0.7 ? 'bad' : value > -0.3 ? 'good' : 'unsure';
  },
  message: ({ signal }) =>
    `one channel is inverted: the correlation of left and right is ${correlation(signal).toFixed(2)}`,
  remedy: 'swap the two wires of one channel (cartridge, balanced cable): in mono the sound cancels out',
};

const stuckSample: Rule = {
  kind: 'stuck-sample',
  severity: 'critical',
  windowSeconds: 1,
  raiseAfter: 2,
  clearAfter: 5,
  judge: ({ signal }) => (longestHold(signal) >= 2400 ? 'bad' : 'good'),
  message: ({ signal }) => {
    const stuck = NAMES.filter((_, channel) => (signal.channels[channel]?.longestHold ?? 0) >= 2400);
    const ms = Math.round(longestHold(signal) / 48);
    return `${stuck.join(' and ')}: the same value for ${ms} ms within a second`;
  },
  remedy: 'unplug the interface and plug it in again; if it comes back, try another USB port and cable',
};

const mainsHum: Rule = {
  kind: 'mains-hum',
  severity: 'warning',
  windowSeconds: 1,
  raiseAfter: 6,
  clearAfter: 20,
  judge: ({ hum }) => (hum.some((found) => found !== undefined) ? 'bad' : 'good'),
  message: ({ hum }) => {
    const heard = hum.flatMap((found, side) => (found === undefined ? [] : [`${NAMES[side]} ${db(found.dbfs)}`]));
    return `mains hum at ${hum.find((found) => found !== undefined)?.hz} Hz and its harmonics: ${heard.join(', ')}`;
  },
  remedy: 'connect the ground wire of the turntable, use one power strip for all devices, keep audio off mains cables',
};

function depth({ bitDepth }: GuardSettings): Rule[] {
  if (bitDepth <= 16) return [];
  return [
    {
      kind: 'depth-16-in-24',
      severity: 'warning',
      windowSeconds: 10,
      raiseAfter: 10,
      clearAfter: 3,
      judge: ({ signal }) => {
        if (Math.max(...levels(signal)) < -60) return 'unsure';
        const used = signal.channels[0].bits | signal.channels[1].bits;
        return (used & 0xff) === 0 ? 'bad' : 'good';
      },
      message: () => `the source says ${bitDepth} bits and delivers 16: the lower eight are always zero`,
      remedy: 'choose the 24-bit mode of the interface, capture hw: instead of plughw:, or live with 16 bits',
    },
  ];
}

function levels({ channels, frames }: SignalSum): [left: number, right: number] {
  // The mean is not sound: a silent input with an offset is silent.
  const level = ({ squares, sum }: ChannelSum): number =>
    amplitudeDb(Math.sqrt(Math.max(0, squares / frames - (sum / frames) ** 2)));
  return [level(channels[0]), level(channels[1])];
}

function lowHigh(signal: SignalSum): [low: number, high: number] {
  const [left, right] = levels(signal);
  return [Math.min(left, right), Math.max(left, right)];
}

function offsets({ channels, frames }: SignalSum): number[] {
  return channels.map(({ sum }) => sum / frames);
}

function correlation({ channels, cross, frames }: SignalSum): number {
  const [left, right] = channels;
  const covariance = cross / frames - (left.sum / frames) * (right.sum / frames);
  const spread = ({ squares, sum }: ChannelSum): number => Math.max(0, squares / frames - (sum / frames) ** 2);
  return covariance / Math.max(1e-12, Math.sqrt(spread(left) * spread(right)));
}

function clips({ channels }: SignalSum): number {
  return channels[0].clips + channels[1].clips;
}

function longestHold({ channels }: SignalSum): number {
  return Math.max(channels[0].longestHold, channels[1].longestHold);
}

function db(value: number): string {
  return `${value.toFixed(1)} dBFS`;
}
