/** What went wrong, named by outcome: decide on this, never on the message. */
export type CloudflareClientErrorCode =
  | 'SigningConfigRequired'
  | 'MissingEnvironment'
  | 'InvalidCredentials'
  | 'InvalidExpiry'
  | 'InvalidKey'
  | 'InvalidOption'
  | 'InvalidValue'
  | 'BodyTooLarge'
  | 'TooManyKeys'
  | 'RequestFailed';

export interface CloudflareClientErrorOptions {
  readonly key?: string;
  /** HTTP status of the answer, where there was one. */
  readonly status?: number;
  /** Whether the same call may succeed a moment later. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/**
 * What this package refuses or cannot do. The message says what happened, the limit and what to do; it never holds a
 * secret or a signature. Errors of a binding are passed on as they are.
 */
export class CloudflareClientError extends Error {
  override readonly name = 'CloudflareClientError';
  readonly code: CloudflareClientErrorCode;
  readonly key: string | undefined;
  readonly status: number | undefined;
  readonly retryable: boolean;

  constructor(code: CloudflareClientErrorCode, message: string, options: CloudflareClientErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.key = options.key;
    this.status = options.status;
    this.retryable = options.retryable ?? false;
  }
}

/** Whether `error` is a {@link CloudflareClientError}, and of this code when one is given. */
export function isCloudflareClientError(
  error: unknown,
  code?: CloudflareClientErrorCode,
): error is CloudflareClientError {
  return error instanceof CloudflareClientError && (code === undefined || error.code === code);
}
