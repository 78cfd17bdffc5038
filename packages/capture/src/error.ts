/** What went wrong, by outcome. */
export type CaptureErrorCode =
  /** The source specification names no source that exists. */
  | 'UnknownSource'
  /** The file, URL, card or PCM is not there. */
  | 'SourceNotFound'
  /** A device name fits more than one card. */
  | 'AmbiguousDevice'
  /** Somebody else has the device open. */
  | 'SourceBusy'
  /** `ffmpeg`, `ffprobe` or `arecord` is not installed. */
  | 'ToolMissing'
  /** The source is there, and is not audio the station can carry. */
  | 'UnsupportedFormat'
  /** The source opened and then stopped working. */
  | 'SourceFailed';

/**
 * The one error of this package. The message says what happened, the limit and the fix, in one line, and never
 * contains a credential.
 */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly code: CaptureErrorCode;

  constructor(code: CaptureErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
