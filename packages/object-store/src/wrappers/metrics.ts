import { isObjectStoreError, type ObjectStoreErrorCode } from '../error.ts';
import type { FullObjectStore } from '../full.ts';
import type { ObjectStore } from '../types.ts';
import { watchBody } from './watch-body.ts';
import { type Operation, wrapStore } from './wrap.ts';

export interface StoreMetric {
  readonly operation: Operation;
  readonly key: string | undefined;
  /** `ok`, the error's code, or `unknown` for an error of the caller's own body. */
  readonly outcome: 'ok' | 'unknown' | ObjectStoreErrorCode;
  /** Milliseconds; for a `get` until its body is over. */
  readonly durationMs: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Tries, as far as an error tells. */
  readonly attempts: number;
}

export interface MetricsOptions {
  /** Called once for every call; what it throws is not caught. */
  readonly onCall: (metric: StoreMetric) => void;
  /** Milliseconds; default `performance.now`. */
  readonly now?: () => number;
}

/** Tells of every call: what, how long, how it ended, how many bytes. */
export function withMetrics(store: FullObjectStore, options: MetricsOptions): FullObjectStore;
export function withMetrics(store: ObjectStore, options: MetricsOptions): ObjectStore;
export function withMetrics(
  store: ObjectStore,
  { onCall, now = () => performance.now() }: MetricsOptions,
): ObjectStore {
  const outcomeOf = (error: unknown): StoreMetric['outcome'] => (isObjectStoreError(error) ? error.code : 'unknown');
  return wrapStore(store, 'metrics', {
    async call({ operation, key, sends }, work) {
      const startedMs = now();
      const tell = (outcome: StoreMetric['outcome'], attempts: number): void => {
        onCall({
          operation,
          key,
          outcome,
          durationMs: now() - startedMs,
          bytesSent: outcome === 'ok' ? sends : 0,
          bytesReceived: 0,
          attempts,
        });
      };
      try {
        const result = await work({});
        if (operation !== 'get') tell('ok', 1);
        return result;
      } catch (error) {
        tell(outcomeOf(error), isObjectStoreError(error) ? error.attempts : 1);
        throw error;
      }
    },
    async *iterate({ operation, key }, work) {
      const startedMs = now();
      let outcome: StoreMetric['outcome'] = 'ok';
      try {
        yield* work({});
      } catch (error) {
        outcome = outcomeOf(error);
        throw error;
      } finally {
        onCall({ operation, key, outcome, durationMs: now() - startedMs, bytesSent: 0, bytesReceived: 0, attempts: 1 });
      }
    },
    body({ operation, key }, body) {
      const startedMs = now();
      let bytesReceived = 0;
      return watchBody(body, {
        chunk: ({ length }) => {
          bytesReceived += length;
        },
        end: (error) => {
          const outcome = error === undefined ? 'ok' : outcomeOf(error);
          onCall({ operation, key, outcome, durationMs: now() - startedMs, bytesSent: 0, bytesReceived, attempts: 1 });
        },
      });
    },
  });
}
