import { abortedError, callSignal, throwIfAborted } from '../abort.ts';
import { ObjectStoreError } from '../error.ts';
import type { FullObjectStore } from '../full.ts';
import type { ObjectStore } from '../types.ts';
import { watchBody } from './watch-body.ts';
import { wrapStore } from './wrap.ts';

/**
 * At most `maxCalls` calls at a time; others wait in the order they came, and leave the queue when their signal is
 * aborted. A `get` counts until its body is read or cancelled. Listings do not count: whoever walks through one makes
 * other calls meanwhile, and would wait for itself.
 *
 * @throws ObjectStoreError `NotSupported` when `maxCalls` is not a whole number from 1
 */
export function withLimit(store: FullObjectStore, maxCalls: number): FullObjectStore;
export function withLimit(store: ObjectStore, maxCalls: number): ObjectStore;
export function withLimit(store: ObjectStore, maxCalls: number): ObjectStore {
  if (!Number.isInteger(maxCalls) || maxCalls < 1) {
    throw new ObjectStoreError('NotSupported', `maxCalls is ${maxCalls}; use a whole number from 1`);
  }
  const queue: { enter(): void }[] = [];
  let free = maxCalls;

  const acquire = async (key: string | undefined, signal: AbortSignal | undefined): Promise<void> => {
    throwIfAborted(signal, key);
    if (free > 0) {
      free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        queue.splice(queue.indexOf(place), 1);
        reject(abortedError(key, signal));
      };
      const place = {
        enter() {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      queue.push(place);
      signal?.addEventListener('abort', leave, { once: true });
    });
  };
  const release = (): void => {
    const next = queue.shift();
    if (next === undefined) free++;
    else next.enter();
  };

  return wrapStore(store, 'limit', {
    async call(call, work) {
      // The deadline runs while the call waits.
      const signal = callSignal(call.options);
      await acquire(call.key, signal);
      let bodyHolds = false;
      try {
        const result = await work(call.options);
        bodyHolds = call.operation === 'get';
        return result;
      } finally {
        if (!bodyHolds) release();
      }
    },
    body: (_call, body) => watchBody(body, { end: release }),
  });
}
