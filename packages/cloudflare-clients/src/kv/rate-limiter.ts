import { CloudflareClientError } from '../error.ts';
import type { KVClient } from './client.ts';

export interface KVRateLimiterOptions {
  /** Requests that one ID may make in a window. */
  readonly limit: number;
  /** Seconds of a window; all windows begin at whole multiples since 1970. From 60. */
  readonly windowSeconds: number;
  /** Before every key. Default `rate:`. */
  readonly prefix?: string;
  /** Milliseconds between two looks at KV for one ID, and between two writes; at least 1000. Default 10,000. */
  readonly syncIntervalMs?: number;
  /** IDs counted at once in this isolate; beyond, the oldest is forgotten. Default 10,000. */
  readonly maxIds?: number;
  /** UTC in milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

export interface RateDecision {
  readonly allowed: boolean;
  /** Requests left in this window, as far as is known here. */
  readonly remaining: number;
  /** When the window ends, UTC in milliseconds. */
  readonly resetAtMs: number;
}

interface Counted {
  readonly windowStartMs: number;
  /** Requests that this isolate allowed in the window. */
  own: number;
  /** Of `own`, how many KV has been told. */
  written: number;
  /** What other isolates had been told to KV at the last look. */
  others: number;
  syncedAtMs: number;
}

/**
 * An approximate limit on the requests of each ID (a user, an address) in fixed windows.
 *
 * Each isolate counts exactly what it allows itself, tells KV under a key of its own, and adds what the others have told.
 * Nothing is lost to concurrent writes; but what others allowed is known only after `syncIntervalMs` plus KV's 60 seconds.
 * So one isolate never allows more than `limit` in a window, and `n` isolates that begin at the same moment at most
 * `n · limit`. That keeps a bucket from being emptied by one client; it is no exact quota and no billing.
 */
export class KVRateLimiter {
  readonly #kv: KVClient;
  readonly #limit: number;
  readonly #windowSeconds: number;
  readonly #prefix: string;
  readonly #syncIntervalMs: number;
  readonly #maxIds: number;
  readonly #now: () => number;
  readonly #writer: string = crypto.randomUUID();
  readonly #counted = new Map<string, Counted>();

  /** @throws CloudflareClientError `InvalidOption` */
  constructor(kv: KVClient, options: KVRateLimiterOptions) {
    const { limit, windowSeconds, syncIntervalMs = 10_000 } = options;
    if (!(Number.isInteger(limit) && limit >= 1)) throw invalid('limit', limit, 'a whole number from 1');
    if (!(Number.isInteger(windowSeconds) && windowSeconds >= 60)) {
      throw invalid('windowSeconds', windowSeconds, 'whole seconds from 60, as KV keeps nothing for less');
    }
    if (!(syncIntervalMs >= 1_000)) {
      throw invalid('syncIntervalMs', syncIntervalMs, '1000 ms or more, as KV takes one write a second and key');
    }
    this.#kv = kv;
    this.#limit = limit;
    this.#windowSeconds = windowSeconds;
    this.#prefix = options.prefix ?? 'rate:';
    this.#syncIntervalMs = syncIntervalMs;
    this.#maxIds = options.maxIds ?? 10_000;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Counts a request and says whether it may go on. A refused one is not counted. When KV does not answer, the decision
   * is by what is known here: a limit must not take a station off the air.
   */
  async check(id: string): Promise<RateDecision> {
    const counted = this.#countOf(id);
    if (this.#now() - counted.syncedAtMs >= this.#syncIntervalMs) await this.#sync(id, counted).catch(() => {});
    const allowed = counted.own + counted.others < this.#limit;
    if (allowed) counted.own++;
    return {
      allowed,
      remaining: Math.max(0, this.#limit - counted.own - counted.others),
      resetAtMs: counted.windowStartMs + this.#windowSeconds * 1000,
    };
  }

  /** Tells KV what it has not been told yet: for `ctx.waitUntil`. */
  async flush(): Promise<void> {
    await Promise.all([...this.#counted].map(([id, counted]) => this.#tell(id, counted)));
  }

  #countOf(id: string): Counted {
    const windowMs = this.#windowSeconds * 1000;
    const windowStartMs = Math.floor(this.#now() / windowMs) * windowMs;
    const known = this.#counted.get(id);
    if (known?.windowStartMs === windowStartMs) return known;
    const counted: Counted = { windowStartMs, own: 0, written: 0, others: 0, syncedAtMs: Number.NEGATIVE_INFINITY };
    this.#counted.delete(id);
    this.#counted.set(id, counted);
    const [oldest] = this.#counted.keys();
    if (this.#counted.size > this.#maxIds && oldest !== undefined) this.#counted.delete(oldest);
    return counted;
  }

  async #sync(id: string, counted: Counted): Promise<void> {
    const first = counted.syncedAtMs === Number.NEGATIVE_INFINITY;
    counted.syncedAtMs = this.#now();
    const prefix = await this.#keyOf(id, counted.windowStartMs);
    let others = 0;
    for await (const { key, metadata } of this.#kv.entries(prefix)) {
      const count = countIn(metadata);
      if (key !== prefix + this.#writer) others += count;
      // Told before this isolate forgot the ID.
      else if (first) counted.own += count;
    }
    counted.others = others;
    await this.#tell(id, counted);
  }

  async #tell(id: string, counted: Counted): Promise<void> {
    const { own, windowStartMs } = counted;
    if (own === counted.written) return;
    const key = (await this.#keyOf(id, windowStartMs)) + this.#writer;
    await this.#kv.put(key, '', this.#windowSeconds * 2, { count: own });
    counted.written = own;
  }

  /** IDs may be long, or addresses that should not be readable in KV: their SHA-256 stands for them. */
  async #keyOf(id: string, windowStartMs: number): Promise<string> {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id)));
    const hex = [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return `${this.#prefix}${windowStartMs}:${hex}:`;
  }
}

function countIn(metadata: unknown): number {
  const { count } = (typeof metadata === 'object' && metadata !== null ? metadata : {}) as { readonly count?: unknown };
  return typeof count === 'number' && count > 0 ? count : 0;
}

function invalid(name: string, value: number, allowed: string): CloudflareClientError {
  return new CloudflareClientError('InvalidOption', `rate limiter: ${name} is ${value}; use ${allowed}`);
}
