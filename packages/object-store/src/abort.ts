import { ObjectStoreError } from './error.ts';
import type { CallOptions } from './types.ts';

/** The longest delay a timer can hold. */
const MAX_TIMEOUT_MS = 2_147_483_647;

/** What a call that its signal ended fails with: `Timeout` when the signal was a deadline, else `Aborted`. */
export function abortedError(key: string | undefined, signal?: AbortSignal): ObjectStoreError {
  const options = key === undefined ? {} : { key };
  if (isDeadline(signal)) {
    return new ObjectStoreError('Timeout', 'the call was not over within its timeoutMs; allow more', options);
  }
  return new ObjectStoreError('Aborted', 'the call was aborted by its signal', options);
}

/** @throws ObjectStoreError `Aborted` or `Timeout` when `signal` is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined, key?: string): void {
  if (signal?.aborted) throw abortedError(key, signal);
}

/**
 * One signal for a call's `signal` and `timeoutMs`; for those who write a store.
 * @throws ObjectStoreError `NotSupported` when `timeoutMs` is not a number of milliseconds
 */
export function callSignal({ signal, timeoutMs }: CallOptions): AbortSignal | undefined {
  if (timeoutMs === undefined) return signal;
  if (!(timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new ObjectStoreError('NotSupported', `timeoutMs is ${timeoutMs}; use 0 to ${MAX_TIMEOUT_MS} milliseconds`);
  }
  const deadline = AbortSignal.timeout(Math.ceil(timeoutMs));
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}

/** The options of a call with its deadline begun, to be passed on to the calls it consists of. */
export function beginCall(options: CallOptions): { readonly signal?: AbortSignal } {
  const signal = callSignal(options);
  return signal === undefined ? {} : { signal };
}

function isDeadline(signal: AbortSignal | undefined): boolean {
  const reason: unknown = signal?.reason;
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}
