import { CHANNELS, type PcmBlock, samplesOf } from '@bucket-radio/pcm';
import type { AlertKind, AlertSeverity } from '../alerts/alert.ts';
import { HumDetector } from './hum.ts';
import { Hysteresis } from './hysteresis.ts';
import { type GuardSettings, type Rule, signalRules } from './rules.ts';
import { mergeSums, SecondCounter, type SignalSum } from './second.ts';

/** A condition of the signal that has begun or is over. */
export interface SignalFinding {
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly state: 'raised' | 'cleared';
  readonly message: string;
  readonly remedy: string;
}

const LONGEST_WINDOW_SECONDS = 10;

/** Listens to the signal as an attentive person would: once a second, by the sample clock, and slow to judge. */
export class SignalGuard {
  readonly #rules: readonly { readonly rule: Rule; readonly hysteresis: Hysteresis }[];
  readonly #onFinding: (finding: SignalFinding) => void;
  readonly #counter = new SecondCounter();
  readonly #hum = Array.from({ length: CHANNELS }, () => new HumDetector());
  #seconds: SignalSum[] = [];

  constructor(settings: GuardSettings, onFinding: (finding: SignalFinding) => void) {
    this.#rules = signalRules(settings).map((rule) => ({ rule, hysteresis: new Hysteresis(rule) }));
    this.#onFinding = onFinding;
  }

  add(block: PcmBlock): void {
    const samples = samplesOf(block);
    for (const [channel, detector] of this.#hum.entries()) detector.add(samples, channel);
    for (const second of this.#counter.add(samples)) this.#look(second);
  }

  #look(second: SignalSum): void {
    this.#seconds = [...this.#seconds, second].slice(-LONGEST_WINDOW_SECONDS);
    const hum = this.#hum.map((detector) => detector.look());
    for (const { rule, hysteresis } of this.#rules) {
      if (this.#seconds.length < rule.windowSeconds) continue;
      const look = { signal: mergeSums(this.#seconds.slice(-rule.windowSeconds)), hum };
      const state = hysteresis.look(rule.judge(look));
      if (state === undefined) continue;
      const { kind, severity, remedy } = rule;
      const message = state === 'raised' ? rule.message(look) : `${kind.replaceAll('-', ' ')}: over`;
      this.#onFinding({ kind, severity, state, message, remedy });
    }
  }
}
