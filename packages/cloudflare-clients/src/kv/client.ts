import type { KVNamespace } from '@cloudflare/workers-types';
import { CloudflareClientError } from '../error.ts';
import { shown } from '../key.ts';
import { type R2Opts, type RetryPolicy, retryPolicy, withRetries } from '../retry.ts';
import { checkKvKey, checkKvMetadata, checkKvTtl, checkKvValue } from './limits.ts';

export interface KVOpts extends Omit<R2Opts, 'maxBufferedBytes'> {
  /** Milliseconds before the first retry. Default 500: KV takes one write per second and key. */
  readonly baseDelayMs?: number;
  /** Default 4000. */
  readonly maxDelayMs?: number;
  /** The most keys that {@link KVClient.list} holds in memory. Default 100,000. */
  readonly maxListKeys?: number;
}

/** A key of a listing. */
export interface KVEntry {
  readonly key: string;
  /** When KV drops it, UTC in milliseconds. */
  readonly expiresAtMs?: number;
  /** What was put with it; from outside, so check it. */
  readonly metadata?: unknown;
}

/**
 * A Workers KV namespace: its calls, tried again on 429, 5xx and timeouts, with KV's limits checked before they cost a
 * request.
 *
 * What KV promises: a write is seen at once where it was made, elsewhere within about 60 seconds; the same goes for
 * reads of a key that was not there. The last writer of a key wins, at most one write per second. There is no
 * compare-and-set: whatever needs one belongs into R2 (`create`, `update`) or a Durable Object.
 */
export class KVClient {
  readonly #namespace: KVNamespace;
  readonly #policy: RetryPolicy;
  readonly #maxListKeys: number;

  /** @throws CloudflareClientError `InvalidOption` */
  constructor(namespace: KVNamespace, opts: KVOpts = {}) {
    this.#namespace = namespace;
    this.#policy = retryPolicy({ baseDelayMs: 500, maxDelayMs: 4_000, ...opts });
    this.#maxListKeys = opts.maxListKeys ?? 100_000;
  }

  /** The value, or `null` when there is none or it has expired. */
  async get(key: string): Promise<string | null> {
    checkKvKey(key);
    return this.#ask(() => this.#namespace.get(key, 'text'));
  }

  /**
   * @param ttl seconds until KV drops it, 60 or more. Default: never
   * @param metadata small JSON (1024 bytes) that a listing gives without reading the value
   * @throws CloudflareClientError `InvalidKey`, `InvalidValue` (25 MiB) or `InvalidExpiry`
   */
  async put(key: string, value: string, ttl?: number, metadata?: unknown): Promise<void> {
    checkKvKey(key);
    checkKvValue(key, value);
    checkKvTtl(key, ttl);
    checkKvMetadata(key, metadata);
    await this.#ask(() =>
      this.#namespace.put(key, value, {
        ...(ttl === undefined ? {} : { expirationTtl: ttl }),
        ...(metadata === undefined ? {} : { metadata }),
      }),
    );
  }

  /** Deleting a key that does not exist succeeds. */
  async delete(key: string): Promise<void> {
    checkKvKey(key);
    await this.#ask(() => this.#namespace.delete(key));
  }

  /** All keys that start with `prefix`, in order. Fails with `TooManyKeys` beyond `maxListKeys`: use {@link entries}. */
  async list(prefix = ''): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.entries(prefix)) {
      if (keys.length === this.#maxListKeys) {
        const message = `more than maxListKeys (${this.#maxListKeys}) keys start with ${shown(prefix)}; raise it, or read entries() one by one`;
        throw new CloudflareClientError('TooManyKeys', message);
      }
      keys.push(key);
    }
    return keys;
  }

  /** Keys that start with `prefix`, in order, page by page, however many there are. */
  async *entries(prefix = ''): AsyncGenerator<KVEntry> {
    let cursor: string | undefined;
    do {
      const options = { prefix, ...(cursor === undefined ? {} : { cursor }) };
      const page = await this.#ask(() => this.#namespace.list(options));
      for (const { name, expiration, metadata } of page.keys) {
        yield {
          key: name,
          ...(expiration === undefined ? {} : { expiresAtMs: expiration * 1000 }),
          ...(metadata === undefined || metadata === null ? {} : { metadata }),
        };
      }
      cursor = page.list_complete ? undefined : page.cursor;
    } while (cursor !== undefined);
  }

  async #ask<Result>(call: () => Promise<Result>): Promise<Result> {
    return withRetries(this.#policy, call);
  }
}
