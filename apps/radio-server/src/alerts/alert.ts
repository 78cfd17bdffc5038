/** What can be wrong with a station; the first eight are heard, the others are seen. */
export const ALERT_KINDS = [
  'silence',
  'dead-channel',
  'clipping',
  'dc-offset',
  'phase-inverted',
  'stuck-sample',
  'mains-hum',
  'depth-16-in-24',
  'source-lost',
  'samples-lost',
  'bucket-behind',
  'archive-failed',
  'disk-low',
  'clock-off',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** `critical`: listeners hear it, or will. */
export type AlertSeverity = 'critical' | 'warning';

/** A condition that has begun or is over. */
export interface Alert {
  /** The same for the beginning and the end of one condition. */
  readonly id: string;
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly state: 'raised' | 'cleared';
  /** What is the matter, in numbers; one line. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
  /** UTC at which it was raised, and cleared, in milliseconds. */
  readonly raisedAtMs: number;
  readonly clearedAtMs?: number;
}
