/** What went wrong on this side of the store, or between the two. */
export type UploadErrorCode =
  /** The file does not exist. */
  | 'SourceNotFound'
  /** The source cannot be read, or is not something that can be uploaded. */
  | 'SourceUnreadable'
  /** The source was changed, cut or replaced while it was read. */
  | 'SourceChanged'
  /** More bytes than the store holds in one object. */
  | 'TooLarge'
  /** Another process is uploading the same source to the same key. */
  | 'InUse'
  /** What is stored is not what was sent. */
  | 'VerifyFailed'
  /** A setting is wrong. */
  | 'InvalidOption'
  /** `abort()` was called or the signal was aborted. */
  | 'Aborted';

/**
 * Problems of the source, the options and the result. Problems of the store are passed on as its own
 * `ObjectStoreError`, so that both are decided on by `code`.
 */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: UploadErrorCode;
  readonly key: string | undefined;

  constructor(
    code: UploadErrorCode,
    message: string,
    options: { readonly key?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.key = options.key;
  }
}

export function isUploadError(error: unknown, code?: UploadErrorCode): error is UploadError {
  return error instanceof UploadError && (code === undefined || error.code === code);
}

export function abortedUpload(key: string): UploadError {
  return new UploadError('Aborted', `the upload of ${JSON.stringify(key)} was aborted; nothing of it was left`, {
    key,
  });
}
