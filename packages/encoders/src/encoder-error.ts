/**
 * What went wrong, by outcome:
 * - `backend-missing`: the backend asked for is not installed or does not load.
 * - `invalid-option`: an option is outside what the codec allows.
 * - `timeline`: a block, frame or packet does not continue where the previous one ended, or segments do not fit it.
 * - `finished`: the encoder was used after `finish()`.
 * - `codec`: the codec library itself reported a failure.
 */
export type EncoderErrorCode = 'backend-missing' | 'invalid-option' | 'timeline' | 'finished' | 'codec';

/** The one error this package throws. The message says what happened, what is allowed, and what to do. */
export class EncoderError extends Error {
  readonly code: EncoderErrorCode;

  constructor(code: EncoderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EncoderError';
    this.code = code;
  }
}
