/** What a MAC is for. Each purpose has keys of its own, so that a MAC made for one is worth nothing for another. */
export type MacPurpose = 'session' | 'path';

const encoder = new TextEncoder();

/**
 * Message authentication with secrets that are rotated: the first makes new MACs, every one is accepted.
 * HMAC-SHA-256 by the platform (WebCrypto), which compares in constant time.
 */
export class Authenticator {
  readonly #keys: Promise<readonly CryptoKey[]>;

  /** @param secrets at least one; newest first */
  constructor(purpose: MacPurpose, secrets: readonly string[]) {
    this.#keys = Promise.all(secrets.map((secret) => deriveKey(purpose, secret)));
    // A rejection is reported by the first call that awaits it.
    this.#keys.catch(() => undefined);
  }

  /** Base64url, 43 characters. */
  async sign(message: string): Promise<string> {
    const [newest] = await this.#keys;
    if (newest === undefined) throw new RangeError('no secret');
    return toBase64Url(new Uint8Array(await crypto.subtle.sign('HMAC', newest, encoder.encode(message))));
  }

  /** Whether `mac` was made for `message` with one of the secrets. Anything that is no MAC at all is simply wrong. */
  async verify(message: string, mac: string): Promise<boolean> {
    const bytes = fromBase64Url(mac);
    if (bytes === undefined) return false;
    const keys = await this.#keys;
    const results = await Promise.all(
      keys.map((key) => crypto.subtle.verify('HMAC', key, bytes, encoder.encode(message))),
    );
    return results.includes(true);
  }
}

async function deriveKey(purpose: MacPurpose, secret: string): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' } as const;
  const root = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign']);
  const derived = await crypto.subtle.sign('HMAC', root, encoder.encode(`bucket-radio ${purpose}`));
  return crypto.subtle.importKey('raw', derived, algorithm, false, ['sign', 'verify']);
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

const MAC_TEXT = /^[\w-]{43}$/;

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!MAC_TEXT.test(text)) return undefined;
  const binary = atob(`${text.replaceAll('-', '+').replaceAll('_', '/')}=`);
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
