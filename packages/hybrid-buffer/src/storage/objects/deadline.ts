import { type FullObjectStore, type ObjectStore, wrapStore } from '@bucket-radio/object-store';

/** Joining thousands of parts is one request that services take minutes for. */
const LEAST_COMPLETION_MS = 600_000;

/** How long one request may take, its retries included. */
export function deadlineOf(operation: string, timeoutMs: number): number {
  return operation === 'completeMultipart' ? Math.max(timeoutMs, LEAST_COMPLETION_MS) : timeoutMs;
}

/** A store whose calls end by themselves in time. */
export function withDeadlines(store: FullObjectStore, timeoutMs: number): FullObjectStore;
export function withDeadlines(store: ObjectStore, timeoutMs: number): ObjectStore;
export function withDeadlines(store: ObjectStore, timeoutMs: number): ObjectStore {
  const bounded = wrapStore(store, 'deadlines', {
    call: ({ operation }, work) => work({ timeoutMs: deadlineOf(operation, timeoutMs) }),
    iterate: ({ operation }, work) => work({ timeoutMs: deadlineOf(operation, timeoutMs) }),
  });
  // In errors, the name that the store was given.
  return { ...bounded, name: store.name };
}
