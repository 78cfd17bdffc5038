/** What went wrong, named by outcome: decide on this, never on the message. */
export type ObjectStoreErrorCode =
  | 'NotFound'
  | 'AlreadyExists'
  | 'PreconditionFailed'
  | 'NotModified'
  | 'PermissionDenied'
  | 'Unauthenticated'
  | 'Throttled'
  | 'Timeout'
  | 'Aborted'
  | 'ChecksumMismatch'
  | 'ClockSkew'
  | 'Ambiguous'
  | 'InvalidPath'
  | 'NotSupported'
  | 'Unavailable';

export interface ObjectStoreErrorOptions {
  readonly key?: string;
  readonly cause?: unknown;
  /** Tries made before giving up. */
  readonly attempts?: number;
  /** How long the store asks to wait before the next try. */
  readonly retryAfterMs?: number;
}

/** The only error a store throws. The message says what happened, the limit and what to do; it never holds a secret. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';
  readonly code: ObjectStoreErrorCode;
  readonly key: string | undefined;
  readonly attempts: number;
  readonly retryAfterMs: number | undefined;

  constructor(code: ObjectStoreErrorCode, message: string, options: ObjectStoreErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.key = options.key;
    this.attempts = options.attempts ?? 1;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whether `error` is an {@link ObjectStoreError}, and of this code when one is given. */
export function isObjectStoreError(error: unknown, code?: ObjectStoreErrorCode): error is ObjectStoreError {
  return error instanceof ObjectStoreError && (code === undefined || error.code === code);
}
