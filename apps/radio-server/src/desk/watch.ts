import type { AlertKind, AlertSeverity } from '../alerts/alert.ts';
import type { Finding } from '../alerts/board.ts';
import { Hysteresis, type HysteresisLimits, type Verdict } from '../guard/hysteresis.ts';
import type { MonitorStatus } from './monitor-status.ts';

/** One thing that can be wrong around the signal; looked at once a second. */
interface WatchRule extends HysteresisLimits {
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly judge: (status: MonitorStatus) => Verdict;
  readonly message: (status: MonitorStatus) => string;
  readonly remedy: string;
}

/** More than this is a clock that nobody keeps. */
const CLOCK_LIMIT_MS = 1000;
const DISK_LOW_HOURS = 6;
const DISK_FINE_HOURS = 8;
/** A gap is news for a minute. */
const GAP_SECONDS = 60;

function waitingSeconds(status: MonitorStatus): number {
  return status.spool.oldestSeconds;
}

const RULES: readonly WatchRule[] = [
  {
    kind: 'source-lost',
    severity: 'critical',
    raiseAfter: 3,
    clearAfter: 3,
    judge: ({ capture }) => (capture.state === 'reopening' ? 'bad' : 'good'),
    message: ({ source }) => `${source.name} delivers nothing: listeners hear silence while it is opened again`,
    remedy: 'check that the interface is plugged in and powered; `radio devices` lists what the system sees',
  },
  {
    kind: 'bucket-behind',
    severity: 'critical',
    raiseAfter: 5,
    clearAfter: 5,
    judge: (status) => {
      const limit = Math.max(30, 3 * status.segmentSeconds);
      const waits = waitingSeconds(status);
      return waits > limit ? 'bad' : waits < limit / 2 ? 'good' : 'unsure';
    },
    message: (status) =>
      `the bucket does not take segments: ${status.queue.segments} wait, the oldest for ${Math.round(waitingSeconds(status))} s${
        status.lastError === null ? '' : `; ${status.lastError.message}`
      }`,
    remedy: 'see the last error; `radio doctor` tells clock, credentials, bucket and uplink apart',
  },
  {
    kind: 'archive-failed',
    severity: 'critical',
    raiseAfter: 1,
    clearAfter: 2,
    judge: ({ archive }) => (archive.state === 'failed' ? 'bad' : 'good'),
    message: ({ lastError }) => `nothing is recorded${lastError === null ? '' : `: ${lastError.message}`}`,
    remedy: 'free space on the disk of the recordings, or check that it is mounted and writable',
  },
  {
    kind: 'disk-low',
    severity: 'warning',
    raiseAfter: 10,
    clearAfter: 10,
    judge: ({ archive: { state, hoursLeft } }) => {
      if (hoursLeft === null || state === 'off') return 'good';
      return hoursLeft < DISK_LOW_HOURS ? 'bad' : hoursLeft > DISK_FINE_HOURS ? 'good' : 'unsure';
    },
    message: ({ archive }) => `the disk of the recordings is full in ${(archive.hoursLeft ?? 0).toFixed(1)} hours`,
    remedy: 'move old recordings away, or set another RADIO_RECORDINGS_DIR',
  },
  {
    kind: 'clock-off',
    severity: 'warning',
    raiseAfter: 5,
    clearAfter: 30,
    judge: ({ store: { clock } }) => {
      if (clock === null) return 'unsure';
      const sure = Math.abs(clock.offsetMs) - clock.errorMs;
      return sure > CLOCK_LIMIT_MS ? 'bad' : Math.abs(clock.offsetMs) < CLOCK_LIMIT_MS ? 'good' : 'unsure';
    },
    message: ({ store: { clock } }) =>
      `this machine's clock is ${((clock?.offsetMs ?? 0) / -1000).toFixed(1)} s off the bucket's; at five minutes every request is refused`,
    remedy: 'switch time synchronisation on: timedatectl set-ntp true; check it with timedatectl show-timesync',
  },
];

/** Looks at the station once a second and tells what is wrong around the signal. */
export class StationWatch {
  readonly #rules = RULES.map((rule) => ({ rule, hysteresis: new Hysteresis(rule) }));
  readonly #onFinding: (finding: Finding) => void;
  #gaps = 0;
  #secondsSinceGap = Number.POSITIVE_INFINITY;

  constructor(onFinding: (finding: Finding) => void) {
    this.#onFinding = onFinding;
  }

  look(status: MonitorStatus): void {
    for (const { rule, hysteresis } of this.#rules) {
      const state = hysteresis.look(rule.judge(status));
      if (state === undefined) continue;
      const { kind, severity, remedy } = rule;
      const message = state === 'raised' ? rule.message(status) : `${kind.replaceAll('-', ' ')}: over`;
      this.#onFinding({ kind, severity, state, message, remedy });
    }
    this.#lookForGaps(status);
  }

  #lookForGaps({ captured: { gaps, lostMs } }: MonitorStatus): void {
    const base = { kind: 'samples-lost', severity: 'warning' } as const;
    const remedy = 'use another USB port or cable, close what keeps the machine busy; `radio doctor` checks its limits';
    const news = gaps > this.#gaps;
    this.#gaps = gaps;
    this.#secondsSinceGap = news ? 0 : this.#secondsSinceGap + 1;
    if (news) {
      const message = `samples were lost: ${gaps} ${gaps === 1 ? 'gap' : 'gaps'}, ${Math.round(lostMs)} ms since the start; silence stands in their place`;
      this.#onFinding({ ...base, state: 'raised', message, remedy });
    } else if (this.#secondsSinceGap === GAP_SECONDS) {
      this.#onFinding({ ...base, state: 'cleared', message: `no gap for ${GAP_SECONDS} s`, remedy });
    }
  }
}
