import type { CompleteMultipartUploadCommand, S3ClientConfig } from '@aws-sdk/client-s3';
import { classify, isUndecided, type Target } from './classify.ts';
import { readFailure } from './failure.ts';

/** The SDK's own interface, which it exports only from inside. */
type RetryStrategy = Extract<
  Exclude<S3ClientConfig['retryStrategy'], undefined>,
  { readonly acquireInitialRetryToken: unknown }
>;
type SdkToken = Awaited<ReturnType<RetryStrategy['acquireInitialRetryToken']>>;

interface RetryToken extends SdkToken {
  /** An earlier try of this call may have been carried out although it failed. */
  readonly undecided: boolean;
}

export interface CallRetries {
  readonly strategy: RetryStrategy;
  /** Whether a try before the one that failed with `error` may have been carried out. */
  undecidedBefore(error: unknown): boolean;
}

export interface RetryOptions {
  readonly maxAttempts: number;
  readonly random: () => number;
  readonly target: Target;
}

const BASE_DELAY_MS = 200;
/** After being told to slow down; R2 takes one write per second and key. */
const THROTTLED_BASE_DELAY_MS = 1_000;
const MAX_DELAY_MS = 10_000;

/**
 * Up to `maxAttempts` tries per call with full jitter: a delay anywhere between nothing and a bound that doubles.
 *
 * The SDK's own strategies share one budget among all calls of a client; it is empty after about 35 retries, and from
 * then on every call has a single try. A station that must go on publishing through an hour of errors cannot use that:
 * here no call takes anything from another.
 *
 * A `Retry-After` is waited for; one that is longer than 10 s ends the call instead, for the caller knows better what to
 * do with live sound meanwhile.
 */
export function createCallRetries({ maxAttempts, random, target }: RetryOptions): CallRetries {
  const afterUndecided = new WeakSet<object>();
  const strategy: RetryStrategy = {
    acquireInitialRetryToken: async () => retryToken(0, 0, false),
    recordSuccess: () => {},
    async refreshRetryTokenForRetry(token, { error, retryAfterHint }) {
      if (typeof error === 'object' && leftToCaller.delete(error)) throw new Error('no further try here');
      const tries = token.getRetryCount() + 1;
      const undecidedBefore = (token as RetryToken).undecided;
      if (undecidedBefore && typeof error === 'object') afterUndecided.add(error);
      const failure = readFailure(error, Date.now());
      const classification = classify(failure, target);
      const { code, retryable } = classification;
      const askedMs = retryAfterHint === undefined ? 0 : Math.max(0, retryAfterHint.getTime() - Date.now());
      if (!retryable || tries >= maxAttempts || askedMs > MAX_DELAY_MS) throw new Error('no further try');
      const base = code === 'Throttled' ? THROTTLED_BASE_DELAY_MS : BASE_DELAY_MS;
      const jittered = random() * Math.min(MAX_DELAY_MS, base * 2 ** (tries - 1));
      const undecided = undecidedBefore || isUndecided(failure, classification);
      return retryToken(tries, Math.max(askedMs, jittered), undecided);
    },
  };
  return {
    strategy,
    undecidedBefore: (error) => typeof error === 'object' && error !== null && afterUndecided.has(error),
  };
}

const leftToCaller = new WeakSet<object>();

/** The SDK makes one try of this command: whoever sends it has a loop of its own. */
export function leaveRetriesToCaller(command: CompleteMultipartUploadCommand): void {
  command.middlewareStack.add(
    (next) => (args) =>
      next(args).catch((error: unknown) => {
        if (typeof error === 'object' && error !== null) leftToCaller.add(error);
        throw error;
      }),
    // The SDK's loop is further out.
    { step: 'deserialize', priority: 'high', name: 'leaveRetriesToCaller' },
  );
}

function retryToken(retries: number, delayMs: number, undecided: boolean): RetryToken {
  return { getRetryCount: () => retries, getRetryDelay: () => delayMs, undecided };
}

/** When a refusal asks to be tried again, as its `Retry-After` says in seconds or as a date. */
export function retryAfterOf(error: unknown, nowMs: number): Date | undefined {
  const { $response } = error as { $response?: { headers?: Readonly<Record<string, string>> } };
  const value = $response?.headers?.['retry-after'];
  if (value === undefined) return undefined;
  const seconds = Number(value);
  const at = new Date(Number.isNaN(seconds) ? value : nowMs + seconds * 1000);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
