import { CloudflareClientError } from '../error.ts';
import type { KVClient } from './client.ts';

export interface KVSessionsOptions<Session> {
  /** Checks what was read, e.g. a zod schema's `parse`; what it throws makes the session count as none. */
  readonly parse: (value: unknown) => Session;
  /** Before every key. Default `session:`. */
  readonly prefix?: string;
  /** Seconds that a session lives after it was begun, changed or touched. From 60. Default 3600. */
  readonly ttlSeconds?: number;
  /** UTC in milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * Short-lived session data by a random ID that only its holder knows.
 *
 * KV gets the ID's SHA-256 only: who can list the namespace cannot take over a session. A change or the end of a session
 * is seen in other places within about 60 seconds, as KV's writes are: a session that must end everywhere at once needs a
 * check elsewhere. Write one session no more than once a second.
 */
export class KVSessions<Session> {
  readonly #kv: KVClient;
  readonly #parse: (value: unknown) => Session;
  readonly #prefix: string;
  readonly #ttlSeconds: number;
  readonly #now: () => number;

  constructor(kv: KVClient, options: KVSessionsOptions<Session>) {
    this.#kv = kv;
    this.#parse = options.parse;
    this.#prefix = options.prefix ?? 'session:';
    this.#ttlSeconds = options.ttlSeconds ?? 3_600;
    this.#now = options.now ?? Date.now;
  }

  /** @returns the new session's ID: 256 random bits, for a cookie */
  async begin(session: Session): Promise<string> {
    const id = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
    await this.set(id, session);
    return id;
  }

  /** The session, or `null` when there is none, it has expired, or `parse` refuses it. */
  async get(id: string): Promise<Session | null> {
    return (await this.#read(id))?.session ?? null;
  }

  /** Replaces a session and lets it live for another `ttlSeconds`. */
  async set(id: string, session: Session): Promise<void> {
    const expiresAtMs = this.#now() + this.#ttlSeconds * 1000;
    await this.#kv.put(await this.#keyOf(id), JSON.stringify({ session, expiresAtMs }), this.#ttlSeconds);
  }

  /** Lets a session live on; writes only in the second half of its life, so that it may be called on every request. */
  async touch(id: string): Promise<Session | null> {
    const found = await this.#read(id);
    if (found === undefined) return null;
    const leftMs = found.expiresAtMs - this.#now();
    if (leftMs < (this.#ttlSeconds * 1000) / 2) await this.set(id, found.session);
    return found.session;
  }

  async end(id: string): Promise<void> {
    await this.#kv.delete(await this.#keyOf(id));
  }

  async #read(id: string): Promise<{ readonly session: Session; readonly expiresAtMs: number } | undefined> {
    const text = await this.#kv.get(await this.#keyOf(id));
    if (text === null) return undefined;
    try {
      const { session, expiresAtMs } = JSON.parse(text) as { session?: unknown; expiresAtMs?: unknown };
      // KV's own expiry is seen late where the value is cached.
      if (typeof expiresAtMs !== 'number' || expiresAtMs <= this.#now()) return undefined;
      return { session: this.#parse(session), expiresAtMs };
    } catch {
      return undefined;
    }
  }

  async #keyOf(id: string): Promise<string> {
    if (id === '')
      throw new CloudflareClientError('InvalidKey', 'the session ID is empty; use the one that begin gave');
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id));
    return `${this.#prefix}${toBase64Url(new Uint8Array(digest))}`;
  }
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
