/** Why a station may not publish. */
export type PublisherErrorCode = 'Fenced' | 'OtherWriter';

/** The bucket belongs to another encoder. The message says whose and what to do. */
export class PublisherError extends Error {
  override readonly name = 'PublisherError';
  readonly code: PublisherErrorCode;

  constructor(code: PublisherErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
