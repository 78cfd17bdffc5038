import type { Authenticator } from './hmac.ts';

/** Why a session token is not accepted. */
export type TokenRefusal = 'missing' | 'malformed' | 'expired' | 'forged';

export interface SessionToken {
  /** `v1.{expiry}.{id}.{mac}` */
  readonly token: string;
  /** UTC milliseconds. */
  readonly expiresAt: number;
}

const TOKEN = /^v1\.([0-9a-z]{1,11})\.([0-9a-f]{32})\.([\w-]{43})$/;

/**
 * Makes a token that opens the manifest until it expires. It names nobody: a random id, no address, so it survives a
 * phone that changes networks.
 * @param ttlMs how long it is good for
 */
export async function issueSessionToken(
  session: Authenticator,
  { nowMs, ttlMs }: { readonly nowMs: number; readonly ttlMs: number },
): Promise<SessionToken> {
  const expiresAt = Math.floor(nowMs + ttlMs);
  const id = crypto.randomUUID().replaceAll('-', '');
  const claim = `${expiresAt.toString(36)}.${id}`;
  return { token: `v1.${claim}.${await session.sign(claim)}`, expiresAt };
}

/** `undefined` for a good token, else why it is not. Forged and expired are told apart only for a MAC that is right. */
export async function refuseSessionToken(
  session: Authenticator,
  token: string | undefined,
  nowMs: number,
): Promise<TokenRefusal | undefined> {
  if (token === undefined) return 'missing';
  const [, expiry, id, mac] = TOKEN.exec(token) ?? [];
  if (expiry === undefined || id === undefined || mac === undefined) return 'malformed';
  if (!(await session.verify(`${expiry}.${id}`, mac))) return 'forged';
  return Number.parseInt(expiry, 36) <= nowMs ? 'expired' : undefined;
}

/** The token of an `Authorization: Bearer …` header (RFC 6750 §2.1). */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
}
