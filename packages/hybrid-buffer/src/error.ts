/** What went wrong, named by outcome: decide on this, never on the message. */
export type HybridBufferErrorCode =
  /** An option or an argument is not allowed. */
  | 'InvalidOption'
  /** A position or size outside the buffer. */
  | 'OutOfRange'
  /** A line or a record is longer than the limit given. */
  | 'TooLong'
  /** The buffer has been closed. */
  | 'Closed'
  /** Bytes could not be stored. Until `reset` every read and write, and `close`, report it. */
  | 'WriteFailed'
  /** Stored bytes could not be read this time; the same read may succeed later. */
  | 'ReadFailed'
  /** Stored bytes are not the ones that were written: changed, exchanged or cut. Only encryption finds every change. */
  | 'Tampered'
  /** Stored bytes are gone, too few, or cannot be decompressed. */
  | 'Corrupt'
  /** Something stays behind in the storage; `where` names it. */
  | 'RemoveFailed'
  /** This runtime cannot do it. */
  | 'NotSupported';

/** The only error a hybrid buffer throws. The message says what happened, the limit and what to do; never a secret. */
export class HybridBufferError extends Error {
  override readonly name = 'HybridBufferError';
  readonly code: HybridBufferErrorCode;
  /** The file or the object, where there is one. */
  readonly where: string | undefined;

  constructor(
    code: HybridBufferErrorCode,
    message: string,
    options: { readonly where?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.where = options.where;
  }
}

/** Whether `error` is a {@link HybridBufferError}, and of this code when one is given. */
export function isHybridBufferError(error: unknown, code?: HybridBufferErrorCode): error is HybridBufferError {
  return error instanceof HybridBufferError && (code === undefined || error.code === code);
}

/** An error of a storage or a middleware, as one of ours; ours pass unchanged. */
export function asBufferError(code: HybridBufferErrorCode, what: string, cause: unknown): HybridBufferError {
  if (isHybridBufferError(cause)) return cause;
  return new HybridBufferError(code, `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** @throws HybridBufferError `InvalidOption` unless `value` is a whole number from `least` to `most` */
export function checkWhole(name: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new HybridBufferError('InvalidOption', `${name} is ${value}; use a whole number from ${least} to ${most}`);
}
