import { CloudflareClientError } from '../error.ts';
import { shown } from '../key.ts';
import type { KVClient } from './client.ts';

export interface KVCountersOptions {
  /** Before every key. Default `counters:`. */
  readonly prefix?: string;
  /** Names counted before a flush is due; beyond, `add` of a new name fails. Default 1000. */
  readonly maxNames?: number;
  /** How long KV keeps a batch that nobody collects, seconds. Default 7 days. */
  readonly ttlSeconds?: number;
  /** UTC in milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

/** What was counted between two flushes of one writer. */
export interface CounterBatch {
  /** Different for every batch: a sink that remembers it counts nothing twice. */
  readonly id: string;
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Counters that are summed in memory and written in batches, for metrics on their way to a bulk insert.
 *
 * Every flush writes a key of its own, so writers anywhere never overwrite each other and nothing is lost to KV's lack
 * of atomic increments; a total is the sum over the batches, and lags by KV's 60 seconds. What was added and not flushed
 * is lost with the isolate: flush in `ctx.waitUntil`.
 */
export class KVCounters {
  readonly #kv: KVClient;
  readonly #prefix: string;
  readonly #maxNames: number;
  readonly #ttlSeconds: number;
  readonly #now: () => number;
  #counts = new Map<string, number>();

  constructor(kv: KVClient, options: KVCountersOptions = {}) {
    this.#kv = kv;
    this.#prefix = options.prefix ?? 'counters:';
    this.#maxNames = options.maxNames ?? 1_000;
    this.#ttlSeconds = options.ttlSeconds ?? 7 * 86_400;
    this.#now = options.now ?? Date.now;
  }

  /** Counts in memory; nothing is written before {@link flush}. Fails with `InvalidValue` for what is no finite number. */
  add(name: string, amount = 1): void {
    if (!Number.isFinite(amount)) {
      throw new CloudflareClientError(
        'InvalidValue',
        `the amount for ${shown(name)} is ${amount}; use a finite number`,
      );
    }
    if (!this.#counts.has(name) && this.#counts.size >= this.#maxNames) {
      throw new CloudflareClientError(
        'InvalidValue',
        `${this.#maxNames} names wait to be written (maxNames); flush first`,
      );
    }
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + amount);
  }

  /** Writes what was added since the last flush as one batch; nothing is written when there is none. */
  async flush(): Promise<void> {
    const counts = this.#counts;
    if (counts.size === 0) return;
    this.#counts = new Map();
    // Sorts by time, so that a collector takes the oldest first.
    const id = `${String(this.#now()).padStart(15, '0')}-${crypto.randomUUID()}`;
    try {
      await this.#kv.put(`${this.#prefix}${id}`, JSON.stringify([...counts]), this.#ttlSeconds);
    } catch (error) {
      for (const [name, amount] of counts) this.#counts.set(name, (this.#counts.get(name) ?? 0) + amount);
      throw error;
    }
  }

  /** The sums over all batches in KV, of every writer; what waits in memory is not in them. */
  async totals(): Promise<Map<string, number>> {
    const totals = new Map<string, number>();
    for await (const { counts } of this.#batches()) {
      for (const [name, amount] of Object.entries(counts)) totals.set(name, (totals.get(name) ?? 0) + amount);
    }
    return totals;
  }

  /**
   * Hands every batch to `insert`, oldest first, and deletes it once that has succeeded. A collector that dies in between,
   * or a second one, hands a batch over again: let `insert` ignore an `id` that it has seen.
   * @returns how many batches were handed over
   */
  async collect(insert: (batch: CounterBatch) => Promise<void>): Promise<number> {
    let collected = 0;
    for await (const batch of this.#batches()) {
      await insert(batch);
      await this.#kv.delete(`${this.#prefix}${batch.id}`);
      collected++;
    }
    return collected;
  }

  async *#batches(): AsyncGenerator<CounterBatch> {
    for await (const { key } of this.#kv.entries(this.#prefix)) {
      const value = await this.#kv.get(key);
      // Gone since it was listed: another collector had it.
      if (value === null) continue;
      yield { id: key.slice(this.#prefix.length), counts: parseCounts(key, value) };
    }
  }
}

function parseCounts(key: string, text: string): Record<string, number> {
  const isCount = (entry: unknown): entry is [string, number] =>
    Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'number';
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    entries = undefined;
  }
  if (Array.isArray(entries) && entries.every(isCount)) return Object.fromEntries(entries);
  throw new CloudflareClientError(
    'InvalidValue',
    `${shown(key)} holds no batch of counters; delete it, or use a prefix of your own`,
    {
      key,
    },
  );
}
