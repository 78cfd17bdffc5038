import {
  abortedError,
  isObjectStoreError,
  ObjectStoreError,
  type ObjectStoreErrorCode,
  type PutMode,
  quoteKey,
} from '@bucket-radio/object-store';
import { classify, type Target } from './classify.ts';
import { type Failure, plainCause, readFailure } from './failure.ts';

/** The call that failed. */
export interface Call {
  /** `put`, `get`, `head`, `delete`, `list`, `check`, `copy`, `put part`, … */
  readonly action: string;
  /** For the calls of a multipart upload. */
  readonly uploadId?: string;
  readonly key?: string;
  readonly mode?: PutMode | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The one place where what the SDK throws becomes what the contract promises.
 * @param history.undecidedBefore whether an earlier try of the same call may have been carried out
 * @param history.succeeded whether an earlier call succeeded, with the same credentials
 */
export function mapS3Error(
  error: unknown,
  call: Call,
  target: Target,
  history: { readonly undecidedBefore?: boolean; readonly succeeded?: boolean } = {},
): ObjectStoreError {
  if (isObjectStoreError(error)) return error;
  const failure = readFailure(error, Date.now());
  if (call.signal?.aborted || failure.name === 'AbortError') return abortedError(call.key, call.signal);
  const { undecidedBefore = false, succeeded = false } = history;
  const { code, advice } =
    byUpload(failure, call, undecidedBefore) ??
    byCondition(failure, call, undecidedBefore) ??
    classify(failure, target, succeeded);
  const subject = call.key === undefined ? call.action : `${call.action} ${quoteKey(call.key)}`;
  const { attempts } = failure;
  return new ObjectStoreError(code, `${subject}: ${advice}${origin(failure)}`, {
    ...(call.key === undefined ? {} : { key: call.key }),
    attempts,
    cause: plainCause(failure),
  });
}

interface Outcome {
  readonly code: ObjectStoreErrorCode;
  readonly advice: string;
}

/** Some services say that the key does not exist when it is the upload that does not. */
function byUpload({ status, name }: Failure, call: Call, undecidedBefore: boolean): Outcome | undefined {
  if (call.uploadId === undefined || status !== 404 || name === 'NoSuchBucket') return undefined;
  if (call.action === 'complete' && undecidedBefore) {
    return {
      code: 'Ambiguous',
      advice: 'the upload is gone, and an earlier try got no answer: it may have completed it; look at the object',
    };
  }
  return { code: 'NotFound', advice: 'there is no such multipart upload: it was completed, aborted or has expired' };
}

/** What a condition that did not hold means depends on who set it. */
function byCondition(failure: Failure, { mode }: Call, undecidedBefore: boolean): Outcome | undefined {
  const { status, name } = failure;
  if (status === 304) return { code: 'NotModified', advice: 'the object still has this ETag' };
  const conditional = mode !== undefined && mode !== 'overwrite';
  // AWS answers 404 when the object of an If-Match is gone.
  const failed = status === 412 || (conditional && name === 'NoSuchKey');
  if (!failed) return undefined;
  if (conditional && undecidedBefore) {
    return {
      code: 'Ambiguous',
      advice:
        'the condition fails now, but an earlier try got no answer and may have been carried out; read the object',
    };
  }
  if (mode === 'create') return { code: 'AlreadyExists', advice: 'the object exists and the put\'s mode is "create"' };
  return {
    code: 'PreconditionFailed',
    advice: 'the object does not have this ETag: another writer was faster; read it again',
  };
}

/** S3's code, status and number of tries, for a search engine and for the provider's support. */
function origin({ name, systemCode, status, attempts, requestId }: Failure): string {
  const named = name === 'Error' || name === 'Unknown' ? systemCode : name;
  const parts = [
    named,
    status === undefined ? undefined : `HTTP ${status}`,
    attempts > 1 ? `${attempts} tries` : undefined,
    requestId === undefined ? undefined : `request ${requestId}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
