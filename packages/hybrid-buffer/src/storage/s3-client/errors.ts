import { abortedError, ObjectStoreError, type ObjectStoreErrorCode } from '@bucket-radio/object-store';

export interface Call {
  readonly action: string;
  readonly key: string;
  readonly signal: AbortSignal | undefined;
}

/** By the code in the answer; the rest by its status. */
const BY_NAME: Readonly<Record<string, ObjectStoreErrorCode>> = {
  NoSuchKey: 'NotFound',
  NoSuchBucket: 'NotFound',
  NoSuchUpload: 'NotFound',
  InvalidAccessKeyId: 'Unauthenticated',
  SignatureDoesNotMatch: 'Unauthenticated',
  ExpiredToken: 'Unauthenticated',
  CredentialsProviderError: 'Unauthenticated',
  RequestTimeTooSkewed: 'ClockSkew',
  SlowDown: 'Throttled',
  TimeoutError: 'Timeout',
  NotImplemented: 'NotSupported',
};

const BY_STATUS: Readonly<Record<number, ObjectStoreErrorCode>> = {
  304: 'NotModified',
  401: 'Unauthenticated',
  403: 'PermissionDenied',
  404: 'NotFound',
  405: 'NotSupported',
  412: 'PreconditionFailed',
  429: 'Throttled',
  501: 'NotSupported',
};

const ADVICE: Partial<Record<ObjectStoreErrorCode, string>> = {
  NotFound: 'there is no such object, or no such bucket',
  Unauthenticated: 'the service does not accept the credentials; check both keys, the region and the clock',
  PermissionDenied: 'the credentials may not do this; give them the rights that the README of hybrid-buffer lists',
  ClockSkew: "this machine's clock and the service's differ too much; synchronise it",
  Throttled: 'the service asks for fewer requests',
};

interface Failure {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
}

/** What the SDK throws, as a store's error. The cause is a plain one: the SDK's own holds the request's signature. */
export function storeError(error: unknown, { action, key, signal }: Call): ObjectStoreError {
  if (error instanceof ObjectStoreError) return error;
  if (signal?.aborted) return abortedError(key, signal);
  const {
    name,
    message,
    code: systemCode,
    $metadata,
  } = (typeof error === 'object' && error !== null ? error : {}) as Failure;
  const status = $metadata?.httpStatusCode ?? 0;
  const code =
    (Object.hasOwn(BY_NAME, String(name)) ? BY_NAME[String(name)] : undefined) ?? BY_STATUS[status] ?? 'Unavailable';
  // The SDK's word for an answer without a message.
  const cause = new Error(message === 'UnknownError' ? String(name) : String(message ?? error));
  cause.name = String(name ?? 'Error');
  const origin = [name, systemCode, status === 0 ? undefined : `HTTP ${status}`].filter(Boolean).join(', ');
  return new ObjectStoreError(code, `${action} ${JSON.stringify(key)}: ${ADVICE[code] ?? cause.message} (${origin})`, {
    key,
    cause,
    attempts: $metadata?.attempts ?? 1,
  });
}
