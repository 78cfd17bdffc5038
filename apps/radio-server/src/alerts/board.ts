import { ulid } from 'ulid';
import type { Alert, AlertKind, AlertSeverity } from './alert.ts';

/** What somebody who watches has to say. */
export interface Finding {
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly state: 'raised' | 'cleared';
  readonly message: string;
  readonly remedy: string;
}

/** Alerts of the past that are kept. */
const MAX_PAST_ALERTS = 30;

export interface AlertBoardOptions {
  readonly onChange: (alert: Alert) => void;
  readonly nowMs?: () => number;
}

/** What is the matter now, and what was of late: at most one alert of a kind at a time. */
export class AlertBoard {
  readonly #options: AlertBoardOptions;
  readonly #active = new Map<AlertKind, Alert>();
  #past: readonly Alert[] = [];
  #raised = 0;

  constructor(options: AlertBoardOptions) {
    this.#options = options;
  }

  get active(): readonly Alert[] {
    return [...this.#active.values()];
  }

  /** Newest last. */
  get past(): readonly Alert[] {
    return this.#past;
  }

  /** Since the start. */
  get raised(): number {
    return this.#raised;
  }

  report(finding: Finding): void {
    if (finding.state === 'raised') this.#raise(finding);
    else this.#clear(finding.kind, finding.message);
  }

  /** Whoever would have seen the end of these is gone. */
  clearAll(kinds: readonly AlertKind[], message: string): void {
    for (const kind of kinds) this.#clear(kind, message);
  }

  #raise({ kind, severity, message, remedy }: Finding): void {
    if (this.#active.has(kind)) return;
    const raisedAtMs = this.#nowMs();
    const alert: Alert = { id: ulid(raisedAtMs), kind, severity, state: 'raised', message, remedy, raisedAtMs };
    this.#active.set(kind, alert);
    this.#raised += 1;
    this.#options.onChange(alert);
  }

  #clear(kind: AlertKind, message: string): void {
    const alert = this.#active.get(kind);
    if (alert === undefined) return;
    this.#active.delete(kind);
    const cleared: Alert = { ...alert, state: 'cleared', message, clearedAtMs: this.#nowMs() };
    this.#past = [...this.#past, { ...cleared, message: alert.message }].slice(-MAX_PAST_ALERTS);
    this.#options.onChange(cleared);
  }

  #nowMs(): number {
    return this.#options.nowMs?.() ?? Date.now();
  }
}
