/** What went wrong. */
export type PlayerErrorCode =
  | 'AutoplayBlocked'
  | 'AudioOutput'
  | 'DecodeFailed'
  | 'ManifestInvalid'
  | 'ManifestUnreachable'
  | 'SegmentCorrupt'
  | 'SegmentUnreachable'
  | 'UnsupportedBrowser'
  | 'UnsupportedVersion'
  | 'VerificationFailed';

/** `transient`: playing goes on by itself. `action`: a person has to do something. `fatal`: cannot play here. */
export type PlayerErrorSeverity = 'transient' | 'action' | 'fatal';

/** What helps. */
export type PlayerErrorRecovery = 'automatic' | 'press-play' | 'check-address' | 'newer-player' | 'other-browser';

type Kind = readonly [PlayerErrorSeverity, PlayerErrorRecovery];

/** What the player cannot get over by itself. */
const KINDS: Readonly<Partial<Record<PlayerErrorCode, Kind>>> = {
  AutoplayBlocked: ['action', 'press-play'],
  AudioOutput: ['action', 'press-play'],
  ManifestInvalid: ['transient', 'check-address'],
  UnsupportedBrowser: ['fatal', 'other-browser'],
  UnsupportedVersion: ['fatal', 'newer-player'],
};

/** The one error of this package. Severity and recovery follow from the code. */
export class PlayerError extends Error {
  override readonly name = 'PlayerError';
  readonly code: PlayerErrorCode;
  readonly severity: PlayerErrorSeverity;
  readonly recovery: PlayerErrorRecovery;

  constructor(code: PlayerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    [this.severity, this.recovery] = KINDS[code] ?? ['transient', 'automatic'];
  }
}

/** `error` itself when it is a PlayerError, else a PlayerError of `code` that wraps it. */
export function toPlayerError(error: unknown, code: PlayerErrorCode): PlayerError {
  if (error instanceof PlayerError) return error;
  return new PlayerError(code, error instanceof Error ? error.message : String(error), { cause: error });
}
