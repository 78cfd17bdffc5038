import type { ObjectStoreErrorCode } from '@bucket-radio/object-store';
import type { Failure } from './failure.ts';

export interface Classification {
  readonly code: ObjectStoreErrorCode;
  /** Whether the same request may succeed a moment later. */
  readonly retryable: boolean;
  /** What happened and what to do; completed by the message that names the call. */
  readonly advice: string;
}

/** Where the request went, for the advice. */
export interface Target {
  readonly endpoint: string;
  readonly bucket: string;
}

type Rule = (target: Target, failure: Failure, succeeded: boolean) => Classification;

const final =
  (code: ObjectStoreErrorCode, advice: (target: Target, failure: Failure, succeeded: boolean) => string): Rule =>
  (target, failure, succeeded) => ({ code, retryable: false, advice: advice(target, failure, succeeded) });
const passing =
  (code: ObjectStoreErrorCode, advice: (target: Target, failure: Failure) => string): Rule =>
  (target, failure) => ({ code, retryable: true, advice: advice(target, failure) });

const CLOCK_COMMANDS = '"timedatectl show-timesync" or "chronyc tracking"';

/** Credentials do not go bad by themselves; clocks do. */
function afterSuccess(succeeded: boolean): string {
  return succeeded ? `earlier requests succeeded, so check the clock first (${CLOCK_COMMANDS}); then: ` : '';
}

/** A refusal for the time although the clocks agree: the request was held up on its way, and a new one is not. */
const HELD_UP_MS = 60_000;

const clockSkew: Rule = (_target, { clockOffsetMs }) => {
  const offset = clockOffsetMs === undefined ? '' : ` (by about ${Math.round(clockOffsetMs / 1000)} s)`;
  return {
    code: 'ClockSkew',
    retryable: clockOffsetMs !== undefined && Math.abs(clockOffsetMs) < HELD_UP_MS,
    advice: `this machine's clock and the server's differ too much${offset}; the credentials are not at fault: synchronise the clock, see ${CLOCK_COMMANDS}`,
  };
};
const wrongSecret = final(
  'Unauthenticated',
  (_target, _failure, succeeded) =>
    `${afterSuccess(succeeded)}the secret access key does not fit the access key ID; check the clock (${CLOCK_COMMANDS}), then copy both keys again`,
);
const wrongKey = final(
  'Unauthenticated',
  ({ endpoint }, _failure, succeeded) =>
    `${afterSuccess(succeeded)}the access key ID is not known at ${endpoint}; check that it was made for this endpoint and not revoked`,
);
const denied = final(
  'PermissionDenied',
  ({ bucket }, _failure, succeeded) =>
    `${afterSuccess(succeeded)}the credentials are valid but may not do this; give their token "Object Read & Write" on bucket "${bucket}". If this worked before, check the clock first: ${CLOCK_COMMANDS}`,
);
const noBucket = final(
  'NotFound',
  ({ bucket, endpoint }) => `bucket "${bucket}" does not exist at ${endpoint}; create it or correct the bucket's name`,
);
const noObject = final('NotFound', ({ bucket }) => `there is no such object in bucket "${bucket}"`);
const throttled = passing('Throttled', () => 'the server asks for fewer requests; wait before the next one');
const timeout = passing('Timeout', ({ endpoint }) => `${endpoint} did not answer in time; check the connection`);
const unavailable = passing('Unavailable', ({ endpoint }) => `${endpoint} has a problem of its own; try again later`);
const damaged = passing('ChecksumMismatch', () => 'the bytes that arrived are not the bytes that were sent');
const conflict = passing('Unavailable', () => 'another writer is changing the same object; try again');
const badPath = final('InvalidPath', () => 'the server does not accept this key; use a shorter or simpler one');
const badPart = final('PreconditionFailed', () => 'a part is missing or has another ETag; list the parts');
const unsupported = final('NotSupported', ({ endpoint }) => `${endpoint} does not support this request`);
const wrongRegion = final(
  'Unauthenticated',
  () => "the region is not the bucket's; set the region that the server names",
);
const notS3 = final(
  'Unavailable',
  ({ endpoint }) => `${endpoint} gave an answer that is not S3's; check that the endpoint is the S3 one`,
);

/** By the code in the answer's XML, which says more than the status. */
const BY_NAME: Readonly<Record<string, Rule>> = {
  NoSuchBucket: noBucket,
  NoSuchKey: noObject,
  RequestTimeTooSkewed: clockSkew,
  RequestExpired: clockSkew,
  RequestInTheFuture: clockSkew,
  SignatureDoesNotMatch: wrongSecret,
  InvalidAccessKeyId: wrongKey,
  InvalidToken: wrongKey,
  ExpiredToken: final('Unauthenticated', () => 'the session token has expired; get a new one'),
  Unauthorized: wrongKey,
  AuthorizationHeaderMalformed: wrongRegion,
  AccessDenied: denied,
  QuotaExceeded: final('PermissionDenied', ({ bucket }) => `bucket "${bucket}" is full: its quota is used up`),
  NoSuchUpload: final('NotFound', () => 'there is no such multipart upload: it was completed, aborted or has expired'),
  InvalidPart: badPart,
  InvalidPartOrder: badPart,
  EntityTooSmall: final('NotSupported', () => 'a part other than the last is smaller than 5 MiB'),
  EntityTooLarge: final('NotSupported', () => 'the body is too large; put it in parts, or in smaller ones'),
  InvalidRange: final('NotSupported', () => 'the range is not within the source'),
  SlowDown: throttled,
  TooManyRequests: throttled,
  RequestTimeout: timeout,
  TimeoutError: timeout,
  BadDigest: damaged,
  XAmzContentSHA256Mismatch: damaged,
  WrongChecksum: final(
    'ChecksumMismatch',
    () => 'the checksum given is not that of the body; was the body changed after it was hashed?',
  ),
  BucketAlreadyExists: final('AlreadyExists', ({ bucket }) => `the name "${bucket}" is taken by another account`),
  OperationAborted: conflict,
  ConditionalRequestConflict: conflict,
  KeyTooLongError: badPath,
  InvalidURI: badPath,
  InvalidBucketName: final('NotSupported', ({ bucket }) => `the server does not accept "${bucket}" as a bucket's name`),
  NotImplemented: unsupported,
  MethodNotAllowed: unsupported,
};

const BY_SYSTEM_CODE: Readonly<Record<string, Rule>> = {
  ECONNREFUSED: passing(
    'Unavailable',
    ({ endpoint }) => `${endpoint} refuses connections; is the server running, and is the port right?`,
  ),
  ENOTFOUND: passing(
    'Unavailable',
    ({ endpoint }) => `the host name in ${endpoint} cannot be found; check the endpoint and the network's DNS`,
  ),
  EAI_AGAIN: passing('Unavailable', ({ endpoint }) => `the host name in ${endpoint} cannot be looked up; check DNS`),
  ECONNRESET: passing('Unavailable', ({ endpoint }) => `the connection to ${endpoint} was lost`),
  EPIPE: passing('Unavailable', ({ endpoint }) => `the connection to ${endpoint} was lost`),
  EHOSTUNREACH: passing('Unavailable', ({ endpoint }) => `there is no route to ${endpoint}; check the network`),
  ENETUNREACH: passing('Unavailable', ({ endpoint }) => `there is no route to ${endpoint}; check the network`),
  ETIMEDOUT: timeout,
  EPROTO: final('Unavailable', ({ endpoint }) => `${endpoint} does not speak TLS; does it want http://?`),
};

/** The outcome of a failed request, in the contract's terms. Conditions (304, 412) depend on the call: see `errors.ts`. */
export function classify(failure: Failure, target: Target, succeeded = false): Classification {
  const { name, systemCode, status } = failure;
  const rule =
    (Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined) ??
    (systemCode !== undefined && Object.hasOwn(BY_SYSTEM_CODE, systemCode) ? BY_SYSTEM_CODE[systemCode] : undefined) ??
    (isCertificateProblem(systemCode) ? certificate : undefined) ??
    byStatus(failure, status);
  const result = rule(target, failure, succeeded);
  return failure.clockCorrected ? { ...result, retryable: true } : result;
}

/** Whether the server may have carried out a request that failed like this. */
export function isUndecided({ status, systemCode }: Failure, { code }: Classification): boolean {
  if (status !== undefined) return status >= 500 && code !== 'Throttled';
  return !NEVER_SENT.includes(systemCode ?? '');
}

const NEVER_SENT: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPROTO',
];

const certificate = final(
  'Unavailable',
  ({ endpoint }, { systemCode }) =>
    `the certificate of ${endpoint} is not trusted (${systemCode}); correct the endpoint, or name the authority's certificate in NODE_EXTRA_CA_CERTS`,
);

function isCertificateProblem(systemCode: string | undefined): boolean {
  return /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_)/.test(systemCode ?? '');
}

function byStatus(failure: Failure, status: number | undefined): Rule {
  if (status === 429) return throttled;
  if (status !== undefined && status >= 500 && status !== 501) return unavailable;
  if (failure.message.includes('Deserialization error')) return notS3;
  if (status === undefined)
    return passing('Unavailable', ({ endpoint }) => `${endpoint} cannot be used: ${failure.message}`);
  if (status === 401) return wrongKey;
  if (status === 403) return denied;
  if (status === 404) return noObject;
  if (status === 409) return conflict;
  if (status === 405 || status === 501) return unsupported;
  if (status >= 300 && status < 400) {
    return final(
      'Unavailable',
      ({ endpoint }) => `${endpoint} redirects elsewhere; use the endpoint of the bucket's region`,
    );
  }
  return final('NotSupported', ({ endpoint }) => `${endpoint} refuses the request: ${failure.message}`);
}
