/** Why a manifest was refused. */
export type ManifestErrorCode = 'NotJson' | 'UnsupportedVersion' | 'Invalid';

/** A manifest that cannot be used. The message names the field, its value and what is allowed. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code: ManifestErrorCode;
  /** The field at fault, for example `renditions[0].segment`; empty for the manifest as a whole. */
  readonly field: string;

  constructor(code: ManifestErrorCode, field: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.field = field;
  }
}
