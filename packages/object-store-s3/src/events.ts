/** For an operator's log. */
export type S3Event =
  | {
      /** The service refused: credentials, permission or clock. */
      readonly type: 'forbidden';
      readonly level: 'error';
      /** S3's own, e.g. `RequestTimeTooSkewed`. */
      readonly s3Code: string;
      /** What it means and what to do; one line. */
      readonly message: string;
    }
  | {
      /**
       * The service's clock and ours have begun to differ by more than a second (`warn`), by more than the five minutes
       * after which services refuse requests (`error`), or agree again (`info`).
       */
      readonly type: 'clock';
      readonly level: 'info' | 'warn' | 'error';
      /** The service's clock minus ours, in milliseconds. */
      readonly offsetMs: number;
      readonly message: string;
    };

/** Since the store was made. */
export interface S3Stats {
  /** Calls to the service, each with all its tries. */
  readonly requests: number;
  readonly failures: number;
  /** Answers with status 403. */
  readonly forbidden: number;
  /** The service's clock minus ours in milliseconds, as the `Date` of its answers tells; `undefined` before the first. */
  readonly clockOffsetMs: number | undefined;
  /** How far `clockOffsetMs` may be off: half a second after one answer, less with each. */
  readonly clockErrorMs: number | undefined;
}
