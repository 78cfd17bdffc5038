import type { Clock } from './clock.ts';
import type { HttpReply, HttpRequest } from './http.ts';

const TOKEN_TIMEOUT_MS = 8000;
const MAX_TOKEN_BYTES = 4096;
/** A new token is asked for when this part of the old one's life is over. */
const RENEW_SHARE = 0.7;
/** A life longer than this is a clock that is wrong: then only a refusal makes a token old. */
const MAX_LIFE_MS = 24 * 3_600_000;

/**
 * The session tokens of a gate in front of a private bucket: one is kept, and renewed before it expires. `POST tokenUrl`
 * answers `{ token, expiresAt }`.
 */
export class Session {
  readonly #get: (request: HttpRequest, signal: AbortSignal) => Promise<HttpReply>;
  readonly #clock: Clock;
  readonly #url: string;
  #token: string | undefined;
  /** Local time from which on a new one is due. */
  #dueAt = 0;

  constructor(get: (request: HttpRequest, signal: AbortSignal) => Promise<HttpReply>, clock: Clock, url: string) {
    this.#get = get;
    this.#clock = clock;
    this.#url = url;
  }

  /** The header that opens the manifest; none while the gate gives no token: its refusal then says what is wrong. */
  async headers(signal: AbortSignal): Promise<Record<string, string>> {
    if (this.#token === undefined || this.#clock.now() >= this.#dueAt) await this.#renew(signal);
    return this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` };
  }

  /** The token was refused. */
  forget(): void {
    this.#token = undefined;
  }

  /** Where the gate cannot be reached, the old token stays: it may still be good. */
  async #renew(signal: AbortSignal): Promise<void> {
    const limits = { timeoutMs: TOKEN_TIMEOUT_MS, maxBytes: MAX_TOKEN_BYTES };
    const init = { method: 'POST', cache: 'no-store' } as const;
    const reply = await this.#get({ url: this.#url, init, ...limits }, signal);
    if (reply.kind !== 'ok') return;
    const answer = readToken(new TextDecoder().decode(reply.body));
    if (answer === undefined) return;
    this.#token = answer.token;
    // Its life by the gate's clock, where that can be seen.
    const issuedAt = Date.parse(reply.headers.get('date') ?? '') || reply.headAt;
    const lifeMs = answer.expiresAt - issuedAt;
    const known = lifeMs > 0 && lifeMs <= MAX_LIFE_MS;
    this.#dueAt = known ? reply.sentAt + lifeMs * RENEW_SHARE : Number.POSITIVE_INFINITY;
  }
}

function readToken(text: string): { readonly token: string; readonly expiresAt: number } | undefined {
  try {
    const { token, expiresAt } = JSON.parse(text) as Record<string, unknown>;
    return typeof token === 'string' && typeof expiresAt === 'number' ? { token, expiresAt } : undefined;
  } catch {
    return undefined;
  }
}
