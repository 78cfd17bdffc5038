import { type Manifest, ManifestError, parseManifest } from '@bucket-radio/manifest';
import { PlayerError } from '../error.ts';
import type { Clock } from './clock.ts';
import { type FetchLike, type HttpReply, httpGet, whyNot } from './http.ts';
import { ServerClock } from './server-clock.ts';
import type { Session } from './session.ts';

/** A manifest has at most 2 KiB; this much is read. */
const MAX_MANIFEST_BYTES = 65_536;
const MANIFEST_TIMEOUT_MS = 8000;

export type ManifestPoll =
  | { readonly kind: 'fresh'; readonly manifest: Manifest }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly error: PlayerError };

export interface ManifestSourceOptions {
  readonly fetch: FetchLike;
  readonly clock: Clock;
  readonly url: string;
  /** Where the gate of a private bucket gives session tokens. */
  readonly tokenUrl?: string | undefined;
  /**
   * How an unchanged manifest stays cheap. `header`: this code sends `If-None-Match`. `browser`: the browser's HTTP cache
   * does; a header of ours would cost every cross-origin poll a preflight, and buckets often do not allow it.
   */
  readonly revalidate: 'header' | 'browser';
}

/** Polls the manifest, one conditional request at a time, and learns the origin's clock on the way. */
export class ManifestSource {
  readonly clock: ServerClock;
  readonly #options: ManifestSourceOptions;
  #session: Session | undefined;
  #etag: string | null = null;
  #text = '';

  constructor(options: ManifestSourceOptions) {
    this.#options = options;
    this.clock = new ServerClock(options.clock);
  }

  async poll(signal: AbortSignal): Promise<ManifestPoll> {
    const reply = await this.#get(signal);
    if (this.#session === undefined || reply.kind !== 'not-found' || reply.status !== 403) return this.#read(reply);
    // The token came to its end before its time: another one.
    this.#session.forget();
    return this.#read(await this.#get(signal));
  }

  async #get(signal: AbortSignal): Promise<HttpReply> {
    const { url, tokenUrl, revalidate } = this.#options;
    if (tokenUrl !== undefined) this.#session ??= await this.#openSession(tokenUrl);
    const access = (await this.#session?.headers(signal)) ?? {};
    const condition = revalidate === 'header' && this.#etag !== null ? { 'If-None-Match': this.#etag } : {};
    const init: RequestInit = { cache: 'no-cache', headers: { ...access, ...condition } };
    const request = { url, init, timeoutMs: MANIFEST_TIMEOUT_MS, maxBytes: MAX_MANIFEST_BYTES };
    return httpGet(this.#options, request, signal);
  }

  /** Only private stations need it, so it is a file of its own. */
  async #openSession(tokenUrl: string): Promise<Session | undefined> {
    const module = await import('./session.ts').catch(() => undefined);
    return (
      module &&
      new module.Session((request, signal) => httpGet(this.#options, request, signal), this.#options.clock, tokenUrl)
    );
  }

  #read(reply: HttpReply): ManifestPoll {
    if (reply.kind === 'ok' || reply.kind === 'not-modified') {
      this.clock.observe(reply.headers, reply.sentAt, reply.headAt);
    }
    if (reply.kind === 'not-modified') return { kind: 'unchanged' };
    if (reply.kind !== 'ok') return { kind: 'failed', error: unreachable(this.#options.url, whyNot(reply)) };
    const text = new TextDecoder().decode(reply.body);
    if (text === this.#text) return { kind: 'unchanged' };
    try {
      const manifest = parseManifest(text);
      this.#text = text;
      this.#etag = reply.headers.get('etag');
      return { kind: 'fresh', manifest };
    } catch (cause) {
      return { kind: 'failed', error: invalid(cause) };
    }
  }
}

function unreachable(url: string, why: string): PlayerError {
  return new PlayerError('ManifestUnreachable', `cannot read ${url}: ${why}`);
}

function invalid(cause: unknown): PlayerError {
  const code = cause instanceof ManifestError && cause.code === 'UnsupportedVersion' ? cause.code : 'ManifestInvalid';
  return new PlayerError(code, cause instanceof Error ? cause.message : String(cause), { cause });
}
