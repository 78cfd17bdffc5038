import { ObjectStoreError, type ObjectStoreErrorCode, quoteKey } from '@bucket-radio/object-store';
import { isCloudflareClientError } from '../error.ts';
import { isRetryable, r2CodeOf, statusOf } from '../failure.ts';

interface Outcome {
  readonly code: ObjectStoreErrorCode;
  /** What happened and what to do. */
  readonly advice: string;
}

const NO_UPLOAD: Outcome = {
  code: 'NotFound',
  advice: 'there is no such multipart upload: it was completed, aborted or has expired',
};
const UNEVEN: Outcome = {
  code: 'NotSupported',
  advice: 'all parts but the last need one size of at least 5 MiB (5242880 bytes)',
};

/** By R2's own codes (developers.cloudflare.com/r2/api/error-codes). */
const BY_R2_CODE: Readonly<Record<number, Outcome>> = {
  10002: { code: 'Unauthenticated', advice: 'the binding may not use this bucket; deploy the Worker again' },
  10003: { code: 'PermissionDenied', advice: 'the binding may not do this' },
  10006: { code: 'NotFound', advice: 'the bucket does not exist; create it or correct the binding' },
  10007: { code: 'NotFound', advice: 'there is no such object' },
  10011: UNEVEN,
  10012: { code: 'NotSupported', advice: 'there is too much metadata' },
  10020: { code: 'InvalidPath', advice: 'R2 does not accept this key; use a shorter or simpler one' },
  10024: NO_UPLOAD,
  10025: { code: 'PreconditionFailed', advice: 'a part is missing or has another ETag' },
  10031: { code: 'PreconditionFailed', advice: 'the object is not the one that was named' },
  10037: {
    code: 'ChecksumMismatch',
    advice: 'the bytes that arrived do not have the checksum that was given; nothing was stored',
  },
  10042: { code: 'PermissionDenied', advice: 'the account has no R2 subscription' },
  10048: UNEVEN,
  10069: { code: 'PermissionDenied', advice: 'a lock rule of the bucket protects the object' },
  100100: { code: 'NotSupported', advice: 'the body is too large; put it in parts, or in smaller ones' },
};

const BY_STATUS: Readonly<Record<number, Outcome>> = {
  401: { code: 'Unauthenticated', advice: 'the binding may not use this bucket' },
  403: { code: 'PermissionDenied', advice: 'the binding may not do this' },
  404: { code: 'NotFound', advice: 'there is no such object' },
  412: { code: 'PreconditionFailed', advice: 'the object is not the one that was named' },
  429: { code: 'Throttled', advice: 'R2 asks for fewer requests; one key takes one write a second' },
};

/** A binding's error in the contract's terms; one that is already in them stays what it is. */
export function storeError(
  error: unknown,
  action: string,
  key: string | undefined,
  attempts: number,
): ObjectStoreError {
  if (error instanceof ObjectStoreError) return error;
  if (isCloudflareClientError(error)) return new ObjectStoreError('NotSupported', error.message, { cause: error });
  const { code, advice } = outcomeOf(error);
  const what = key === undefined ? action : `${action} ${quoteKey(key)}`;
  const message = `${what}: ${advice} (R2 says: ${error instanceof Error ? error.message : String(error)})`;
  return new ObjectStoreError(code, message, { cause: error, attempts, ...(key === undefined ? {} : { key }) });
}

function outcomeOf(error: unknown): Outcome {
  const r2Code = r2CodeOf(error);
  const status = statusOf(error);
  const known = (r2Code === undefined ? undefined : BY_R2_CODE[r2Code]) ?? BY_STATUS[status ?? 0];
  if (known !== undefined) return known;
  if (status !== undefined && status < 500) return { code: 'NotSupported', advice: 'R2 refuses the request' };
  if (status === undefined && isRetryable(error)) return { code: 'Timeout', advice: 'R2 did not answer in time' };
  return { code: 'Unavailable', advice: 'R2 has a problem of its own; try again later' };
}
