/** What the SDK's many kinds of error have in common, read without trusting their shape. */
export interface Failure {
  /** S3's own code, e.g. `NoSuchKey`, or the error's name. */
  readonly name: string;
  /** The operating system's or TLS's code, e.g. `ECONNREFUSED`. */
  readonly systemCode: string | undefined;
  readonly message: string;
  readonly status: number | undefined;
  readonly attempts: number;
  readonly requestId: string | undefined;
  /** The server's clock minus ours, in milliseconds, as its answer's `Date` says. */
  readonly clockOffsetMs: number | undefined;
  /** The SDK has just learnt the server's time from this very error: the next try will be signed with it. */
  readonly clockCorrected: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

export function readFailure(error: unknown, nowMs: number): Failure {
  const fields = asFields(error);
  const metadata = asFields(fields['$metadata']);
  const date = Date.parse(text(asFields(asFields(fields['$response'])['headers'])['date']) ?? '');
  return {
    name: text(fields['Code']) ?? text(fields['name']) ?? 'Error',
    systemCode: text(fields['code']),
    message: text(fields['message']) ?? String(error),
    status: typeof metadata['httpStatusCode'] === 'number' ? metadata['httpStatusCode'] : undefined,
    attempts: typeof metadata['attempts'] === 'number' ? metadata['attempts'] : 1,
    requestId: text(metadata['requestId']),
    clockOffsetMs: Number.isNaN(date) ? undefined : date - nowMs,
    clockCorrected: metadata['clockSkewCorrected'] === true,
  };
}

/**
 * An error for `cause` with nothing of the SDK's own in it: that one holds the response and through it the request, and
 * whoever prints it prints the signature.
 */
export function plainCause(failure: Failure): Error {
  const cause = new Error(failure.message === 'UnknownError' ? failure.name : failure.message);
  cause.name = failure.name;
  const { systemCode, status, requestId } = failure;
  return Object.assign(cause, {
    ...(systemCode === undefined ? {} : { code: systemCode }),
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
  });
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
