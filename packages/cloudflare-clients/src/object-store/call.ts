import { abortedError, type CallOptions, callSignal, throwIfAborted } from '@bucket-radio/object-store';
import { type RetryPolicy, withRetries } from '../retry.ts';
import { isSourceError } from '../stream.ts';
import { storeError } from './outcome.ts';

export interface R2Call {
  /** For messages: `put`, `get`, … */
  readonly action: string;
  readonly key?: string;
  readonly signal?: AbortSignal | undefined;
}

/** The signal of a call that has not been aborted yet. */
export function beginR2Call(options: CallOptions, key?: string): AbortSignal | undefined {
  const signal = callSignal(options);
  throwIfAborted(signal, key);
  return signal;
}

/**
 * Asks R2, again after what passes by itself, until the signal is aborted. A binding's call cannot be taken back: after
 * an abort it is unknown whether it was carried out.
 * @param ask gets the number of earlier tries
 * @throws ObjectStoreError, or what a stream that is sent throws
 */
export async function askR2<Result>(
  policy: RetryPolicy,
  { action, key, signal }: R2Call,
  ask: (earlierTries: number) => Promise<Result>,
): Promise<Result> {
  let attempts = 0;
  const asked = withRetries(policy, async (earlierTries) => {
    throwIfAborted(signal, key);
    attempts = earlierTries + 1;
    return ask(earlierTries);
  });
  try {
    return await orAborted(asked, key, signal);
  } catch (error) {
    if (isSourceError(error)) throw error;
    throw storeError(error, action, key, attempts);
  }
}

async function orAborted<Result>(
  work: Promise<Result>,
  key: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(abortedError(key, signal));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Whichever is not the result may still fail, and nobody hears it.
    work.catch(() => {});
    aborted.catch(() => {});
  }
}
