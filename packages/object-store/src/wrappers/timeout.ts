import type { FullObjectStore } from '../full.ts';
import type { CallOptions, ObjectStore } from '../types.ts';
import { type StoreCall, wrapStore } from './wrap.ts';

/**
 * Gives every call a deadline, unless it has one of its own: a store that does not answer costs `timeoutMs` and no more.
 * For a body or listing it is the time until its end.
 */
export function withTimeout(store: FullObjectStore, timeoutMs: number): FullObjectStore;
export function withTimeout(store: ObjectStore, timeoutMs: number): ObjectStore;
export function withTimeout(store: ObjectStore, timeoutMs: number): ObjectStore {
  const options = (call: StoreCall): CallOptions => ({ timeoutMs: call.options.timeoutMs ?? timeoutMs });
  return wrapStore(store, 'timeout', {
    call: (call, work) => work(options(call)),
    iterate: (call, work) => work(options(call)),
  });
}
