import { CloudflareClientError } from '../error.ts';
import type { KVClient } from './client.ts';

export interface KVLockOptions {
  /** Before every key. Default `lock:`. */
  readonly prefix?: string;
  /** Seconds after which a lock that nobody renews is free: 60 or more, as KV's TTL. Default 60. */
  readonly ttlSeconds?: number;
  /** Milliseconds between writing and reading back, in which a rival's write can show. Default 1000. */
  readonly settleMs?: number;
  /** UTC in milliseconds. Default `Date.now`. */
  readonly now?: () => number;
  /** Waits this many milliseconds. Default by `setTimeout`. */
  readonly sleep?: (delayMs: number) => Promise<void>;
}

/** A lock that seems to be ours. */
export interface KVLease {
  readonly name: string;
  /** UTC in milliseconds: stop by then, or renew before. */
  readonly expiresAtMs: number;
  /** A lease for another `ttlSeconds`, or `null` when the lock has been lost. */
  renew(): Promise<KVLease | null>;
  /** Frees the lock if it is still ours. */
  release(): Promise<void>;
}

/**
 * A lock that keeps most duplicate work from being done, and **does not guarantee mutual exclusion**.
 *
 * KV has no compare-and-set and takes up to about 60 seconds until a write is seen in other places, so two holders in two
 * places can both believe that the lock is theirs for that long. Use it to save work that may be done twice (rebuilding a
 * cache, sending to something idempotent). Where two at a time would do harm, use R2's conditional writes
 * (`R2ObjectStore.put` with mode `create` or `update`) or a Durable Object.
 */
export class KVLock {
  readonly #kv: KVClient;
  readonly #prefix: string;
  readonly #ttlSeconds: number;
  readonly #settleMs: number;
  readonly #now: () => number;
  readonly #sleep: (delayMs: number) => Promise<void>;

  constructor(kv: KVClient, options: KVLockOptions = {}) {
    this.#kv = kv;
    this.#prefix = options.prefix ?? 'lock:';
    this.#ttlSeconds = options.ttlSeconds ?? 60;
    this.#settleMs = options.settleMs ?? 1_000;
    this.#now = options.now ?? Date.now;
    this.#sleep = options.sleep ?? ((delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)));
  }

  /** The lock, or `null` when another holds it. Does not wait for it to be free. */
  async tryAcquire(name: string): Promise<KVLease | null> {
    const held = await this.#read(name);
    if (held !== undefined && held.expiresAtMs > this.#now()) return null;
    return this.#claim(name, crypto.randomUUID());
  }

  /**
   * Runs `work` with the lock, and frees it. `null` when another holds it.
   * @param work gets the lease; whatever takes longer than `ttlSeconds` has to renew it
   */
  async run<Result>(
    name: string,
    work: (lease: KVLease) => Promise<Result>,
  ): Promise<{ readonly result: Result } | null> {
    const lease = await this.tryAcquire(name);
    if (lease === null) return null;
    try {
      return { result: await work(lease) };
    } finally {
      // The lock ends by itself; what `work` came to matters more.
      await lease.release().catch(() => {});
    }
  }

  async #claim(name: string, token: string): Promise<KVLease | null> {
    const expiresAtMs = this.#now() + this.#ttlSeconds * 1000;
    await this.#kv.put(this.#prefix + name, JSON.stringify({ token, expiresAtMs }), this.#ttlSeconds);
    await this.#sleep(this.#settleMs);
    // Of rivals that wrote in the same moment the last one wins, and all of them see it.
    const holder = await this.#read(name);
    return holder?.token === token ? this.#lease(name, token, expiresAtMs) : null;
  }

  #lease(name: string, token: string, expiresAtMs: number): KVLease {
    const isOurs = async (): Promise<boolean> => expiresAtMs > this.#now() && (await this.#read(name))?.token === token;
    return {
      name,
      expiresAtMs,
      renew: async () => ((await isOurs()) ? this.#claim(name, token) : null),
      release: async () => {
        if (await isOurs()) await this.#kv.delete(this.#prefix + name);
      },
    };
  }

  async #read(name: string): Promise<{ readonly token: string; readonly expiresAtMs: number } | undefined> {
    const key = this.#prefix + name;
    const text = await this.#kv.get(key);
    if (text === null) return undefined;
    const { token, expiresAtMs } = parseHolder(text);
    if (typeof token === 'string' && typeof expiresAtMs === 'number') return { token, expiresAtMs };
    throw new CloudflareClientError(
      'InvalidValue',
      `${JSON.stringify(key)} holds no lock; delete it, or use a prefix of your own`,
      {
        key,
      },
    );
  }
}

function parseHolder(text: string): { readonly token?: unknown; readonly expiresAtMs?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
