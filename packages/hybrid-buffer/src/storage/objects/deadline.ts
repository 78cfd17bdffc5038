import { type FullObjectStore, type ObjectStore, wrapStore } from '@bucket-radio/object-store';

/** Joining thousands of parts is one request that services take minutes for. */
const LEAST_COMPLETION_MS = 600_000;

/** How long one request may take, its retries included. */
export function deadlineOf(operation: string, timeoutMs: number): number {
  return operation === 'completeMultipart' ? Math.max(timeoutMs, LEAST_COMPLETION_MS) : timeoutMs;
}

/**
 * Work with a deadline that is gone when the work is done. Those of `AbortSignal.timeout` stay until their time has come,
 * with all that hangs on them: at a hundred requests a second and half a minute for each, some thousands.
 */
export async function within<Result>(
  timeoutMs: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(outer?.reason);
  const timer = setTimeout(() => controller.abort(new DOMException('out of time', 'TimeoutError')), timeoutMs);
  if (outer?.aborted) abort();
  else outer?.addEventListener('abort', abort, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  }
}

/** A store whose calls end by themselves in time, but for `get`. */
export function withDeadlines(store: FullObjectStore, timeoutMs: number): FullObjectStore;
export function withDeadlines(store: ObjectStore, timeoutMs: number): ObjectStore;
export function withDeadlines(store: ObjectStore, timeoutMs: number): ObjectStore {
  const bounded = wrapStore(store, 'deadlines', {
    call: ({ operation, options }, work) =>
      // The body of a get comes after the call: its reader has the deadline of both.
      operation === 'get'
        ? work({})
        : within(deadlineOf(operation, timeoutMs), options.signal, (signal) => work({ signal })),
    iterate: ({ operation }, work) => work({ timeoutMs: deadlineOf(operation, timeoutMs) }),
  });
  // In errors, the name that the store was given.
  return { ...bounded, name: store.name };
}
