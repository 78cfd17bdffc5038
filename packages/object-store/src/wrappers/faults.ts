import { ObjectStoreError, type ObjectStoreErrorCode } from '../error.ts';
import type { FullObjectStore } from '../full.ts';
import type { ObjectStore } from '../types.ts';
import { type Operation, wrapStore } from './wrap.ts';

export interface FaultOptions {
  /** The same seed plays the same faults, as long as the calls come in the same order. */
  readonly seed: number;
  /** Of calls that fail, 0 to 1; default 0.2. */
  readonly rate?: number;
  /** Of the faults, those after which the call has been carried out all the same; default 0.3. */
  readonly lostReplyRate?: number;
  /** Which errors; default `Unavailable`, `Timeout`, `Throttled`. Replies are lost as `Unavailable`. */
  readonly codes?: readonly ObjectStoreErrorCode[];
  /** Which calls; default all. */
  readonly only?: readonly Operation[];
}

/** For tests: calls fail now and then, before they do anything or after they have done it. */
export function withFaults(store: FullObjectStore, options: FaultOptions): FullObjectStore;
export function withFaults(store: ObjectStore, options: FaultOptions): ObjectStore;
export function withFaults(store: ObjectStore, options: FaultOptions): ObjectStore {
  const { rate = 0.2, lostReplyRate = 0.3, codes = ['Unavailable', 'Timeout', 'Throttled'], only } = options;
  const random = createRandom(options.seed);
  const strikes = (operation: Operation): boolean => (only?.includes(operation) ?? true) && random() < rate;
  const fault = (key: string | undefined, code = codes[Math.floor(random() * codes.length)]): ObjectStoreError =>
    new ObjectStoreError(code ?? 'Unavailable', `a fault of seed ${options.seed}`, key === undefined ? {} : { key });

  return wrapStore(store, 'faults', {
    async call({ operation, key }, work) {
      if (!strikes(operation)) return work({});
      if (operation === 'get' || random() >= lostReplyRate) throw fault(key);
      await work({});
      throw fault(key, 'Unavailable');
    },
    async *iterate({ operation, key }, work) {
      if (strikes(operation)) throw fault(key);
      yield* work({});
    },
  });
}

/** Mulberry32: small, seeded, and good enough to choose faults. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
