import { abortedError, callSignal } from '../abort.ts';
import { isObjectStoreError, ObjectStoreError, type ObjectStoreErrorCode } from '../error.ts';
import type { FullObjectStore } from '../full.ts';
import type { ObjectStore } from '../types.ts';
import { type StoreCall, wrapStore } from './wrap.ts';

export interface RetryOptions {
  /** Tries per call, the first included; default 4. */
  readonly maxAttempts?: number;
  /** The first delay is anywhere between nothing and this; the bound doubles. Default 200. */
  readonly baseDelayMs?: number;
  /** Default 10,000. A `Retry-After` that asks for longer ends the call. */
  readonly maxDelayMs?: number;
  /** A number in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
  /** Resolves after so many milliseconds, rejects when the signal is aborted. Default: a timer. */
  readonly sleep?: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** Outcomes that may be others a moment later. */
const PASSING: readonly ObjectStoreErrorCode[] = ['Throttled', 'Timeout', 'Unavailable', 'ChecksumMismatch'];
/** Outcomes after which a call may have been carried out. */
const UNDECIDED: readonly ObjectStoreErrorCode[] = ['Timeout', 'Unavailable'];

/**
 * Retries with full jitter, for stores whose `capabilities.retries` is false: two layers that retry multiply.
 *
 * The budget is each call's own. One shared by all calls is empty after a bad minute, and a source that never stops
 * would go on with single tries from then on.
 *
 * A conditional call that is refused after a try that may have been carried out fails with `Ambiguous`. Listings are
 * retried until their first item. A delay that `error.retryAfterMs` asks for is kept.
 */
export function withRetry(store: FullObjectStore, options?: RetryOptions): FullObjectStore;
export function withRetry(store: ObjectStore, options?: RetryOptions): ObjectStore;
export function withRetry(store: ObjectStore, options: RetryOptions = {}): ObjectStore {
  const { maxAttempts = 4, baseDelayMs = 200, maxDelayMs = 10_000, random = Math.random, sleep = timerSleep } = options;

  /** Waits until the next try, or throws what ends the call. */
  const waitAfter = async (error: unknown, tries: number, call: StoreCall, signal?: AbortSignal): Promise<void> => {
    if (!isObjectStoreError(error) || !PASSING.includes(error.code) || signal?.aborted) throw error;
    const asked = error.retryAfterMs ?? 0;
    if (tries >= maxAttempts || asked > maxDelayMs) throw withAttempts(error, tries);
    const bound = Math.min(maxDelayMs, baseDelayMs * 2 ** (tries - 1));
    await sleep(Math.max(asked, random() * bound), signal).catch(() => {
      throw abortedError(call.key, signal);
    });
  };

  return wrapStore(store, 'retry', {
    async call(call, work) {
      const signal = callSignal(call.options);
      const given = signal === undefined ? {} : { signal };
      let undecided = false;
      let damaged = false;
      for (let tries = 1; ; tries++) {
        try {
          return await work(given);
        } catch (error) {
          if (undecided) throwIfRefused(error, call);
          // Damaged twice is not bad luck: the checksum is wrong.
          const mismatch = isObjectStoreError(error, 'ChecksumMismatch');
          if (damaged && mismatch) throw error;
          damaged ||= mismatch;
          await waitAfter(error, tries, call, signal);
          undecided ||= isObjectStoreError(error) && UNDECIDED.includes(error.code);
        }
      }
    },
    async *iterate(call, work) {
      const signal = callSignal(call.options);
      const given = signal === undefined ? {} : { signal };
      for (let tries = 1; ; tries++) {
        let begun = call.operation === 'deleteMany';
        try {
          for await (const item of work(given)) {
            begun = true;
            yield item;
          }
          return;
        } catch (error) {
          if (begun) throw error;
          await waitAfter(error, tries, call, signal);
        }
      }
    },
  });
}

function throwIfRefused(error: unknown, { operation, key }: StoreCall): void {
  if (!isObjectStoreError(error)) return;
  const conditional = error.code === 'AlreadyExists' || error.code === 'PreconditionFailed';
  const gone = error.code === 'NotFound' && (operation === 'completeMultipart' || operation === 'rename');
  const changes = ['put', 'copy', 'rename', 'completeMultipart'].includes(operation);
  if (!changes || !(conditional || gone)) return;
  throw new ObjectStoreError(
    'Ambiguous',
    'the call is refused now, but an earlier try got no answer and may have been carried out; look at the object',
    { cause: error, ...(key === undefined ? {} : { key }) },
  );
}

function withAttempts(error: ObjectStoreError, attempts: number): ObjectStoreError {
  if (attempts === 1) return error;
  const { code, message, key, cause } = error;
  return new ObjectStoreError(code, message, { attempts, cause, ...(key === undefined ? {} : { key }) });
}

function timerSleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(new Error('aborted'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
