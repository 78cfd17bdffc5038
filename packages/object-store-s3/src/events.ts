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
      /** The service's clock and ours differ by two seconds or more; requests are signed with the service's. */
      readonly type: 'clock';
      readonly level: 'warn';
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
  /** The service's clock minus ours in milliseconds, as the last answer says, to a second or so; 0 until then. */
  readonly clockOffsetMs: number;
}
