import { hash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createMemoryStore, type ObjectStore, ObjectStoreError, type PutOptions } from '@bucket-radio/object-store';
import type { StationListener } from '@bucket-radio/testing';

export interface FaultyStoreOptions {
  readonly random: () => number;
  /** Share of requests that fail. */
  readonly faultShare: number;
  readonly listener: StationListener;
}

const FAILURES = ['Unavailable', 'Throttled', 'Timeout', 'ClockSkew', 'PermissionDenied'] as const;

/**
 * A memory store with scripted faults, and a listener who looks after every request. A fault refuses a request, slows it
 * down, or carries it out and loses the answer.
 */
export class FaultyStore {
  readonly store: ObjectStore;
  /** The same store without faults. */
  readonly memory: ObjectStore = createMemoryStore();
  readonly #options: FaultyStoreOptions;
  readonly #view = new Map<string, string>();
  faults = 0;
  requests = 0;
  /** Nothing is answered at all. */
  isDown = false;
  faultShare: number;
  /** Keys in the order in which they were put. */
  readonly puts: string[] = [];

  constructor(options: FaultyStoreOptions) {
    this.#options = options;
    this.faultShare = options.faultShare;
    const { memory } = this;
    this.store = {
      name: 'faulty',
      put: async (key, body, put) =>
        await this.#request(
          key,
          async () => {
            const result = await memory.put(key, body, put);
            this.#note(key, body);
            return result;
          },
          put,
        ),
      get: async (key, get) => await this.#request(key, async () => await memory.get(key, get)),
      head: async (key, head) => await this.#request(key, async () => await memory.head(key, head)),
      delete: async (key, options_) =>
        await this.#request(key, async () => {
          await memory.delete(key, options_);
          this.#view.delete(key);
        }),
      list: (list) => memory.list(list),
    };
  }

  #note(key: string, body: Uint8Array): void {
    this.puts.push(key);
    const media = key.endsWith('.mp4');
    const identity = media ? hash('md5', body) : new TextDecoder().decode(body);
    if (media) this.#options.listener.written(key, identity);
    this.#view.set(key, identity);
  }

  async #request<T>(key: string, act: () => Promise<T>, put?: PutOptions): Promise<T> {
    const { random, listener } = this.#options;
    this.requests += 1;
    try {
      if (this.isDown) {
        this.faults += 1;
        throw new ObjectStoreError('Unavailable', `${key}: connection refused`);
      }
      if (random() >= this.faultShare) return await act();
      this.faults += 1;
      const code = FAILURES[Math.floor(random() * FAILURES.length)] ?? 'Unavailable';
      const kind = random();
      if (kind < 0.35) throw new ObjectStoreError(code, `${key}: refused with ${code}`);
      await delay(random() * 4);
      const result = await act();
      if (kind < 0.6) return result;
      const conditional = put?.mode !== undefined && put.mode !== 'overwrite';
      throw new ObjectStoreError(conditional ? 'Ambiguous' : 'Timeout', `${key}: the answer was lost`);
    } finally {
      listener.check(this.#view);
    }
  }
}
