import { SignatureV4 } from '@smithy/signature-v4';
import { CloudflareClientError } from './error.ts';
import { checkR2Key, shown } from './key.ts';
import { WebCryptoSha256 } from './sha256.ts';
import { type R2SigningConfig, type SigningTarget, signingTarget } from './signing-config.ts';
import { createUrlCache, type UrlCache } from './url-cache.ts';

/** Seven days: the longest that a signature of version 4 is good for. */
const MAX_EXPIRY_SECONDS = 604_800;

export type SignedMethod = 'GET' | 'HEAD' | 'PUT' | 'DELETE';

interface Signing {
  readonly target: SigningTarget;
  readonly signature: SignatureV4;
}

/**
 * Presigned URLs of one bucket, by AWS's own signer, without asking R2. Path-style, always:
 * `https://{accountId}.r2.cloudflarestorage.com/{bucket}/{key}`.
 */
export class UrlSigner {
  readonly #config: R2SigningConfig;
  readonly #now: () => number;
  readonly #cache: UrlCache | undefined;
  /** Made once: it keeps the day's signing key. */
  #signing: Signing | undefined;

  /** @param now UTC in milliseconds */
  constructor(config: R2SigningConfig, now: () => number = Date.now) {
    this.#config = config;
    this.#now = now;
    this.#cache = config.urlCache === undefined ? undefined : createUrlCache(config.urlCache, now);
  }

  /**
   * @param contentType of the object a PUT makes; whoever sends it must send the same header
   * @throws CloudflareClientError `InvalidKey`, `InvalidExpiry`, `InvalidCredentials` or `InvalidOption`
   */
  async sign(method: SignedMethod, key: string, expirySeconds: number, contentType?: string): Promise<string> {
    checkR2Key(key);
    if (!Number.isInteger(expirySeconds) || expirySeconds < 1 || expirySeconds > MAX_EXPIRY_SECONDS) {
      throw new CloudflareClientError(
        'InvalidExpiry',
        `expirySeconds is ${expirySeconds}; use a whole number from 1 to ${MAX_EXPIRY_SECONDS} (7 days)`,
        { key },
      );
    }
    const sign = (): Promise<string> => this.#sign(method, key, expirySeconds, contentType);
    if (this.#cache === undefined || method !== 'GET') return sign();
    return this.#cache.get(key, expirySeconds, sign);
  }

  async #sign(method: SignedMethod, key: string, expirySeconds: number, contentType?: string): Promise<string> {
    this.#signing ??= createSigning(this.#config);
    const { target, signature } = this.#signing;
    const { protocol, hostname, port, host, bucketName } = target;
    const path = `/${bucketName}/${escapePath(key)}`;
    const signed = await signature.presign(
      {
        method,
        protocol,
        hostname,
        ...(port === undefined ? {} : { port }),
        path,
        query: {},
        // The body is not part of the signature: the URL is made before there is one.
        headers: {
          host,
          'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD',
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
        },
      },
      { expiresIn: expirySeconds, signingDate: new Date(this.#now()) },
    );
    const query = Object.entries(signed.query ?? {}).map(
      ([name, value]) => `${name}=${encodeURIComponent(String(value))}`,
    );
    return `${protocol}//${host}${path}?${query.join('&')}`;
  }
}

function createSigning(config: R2SigningConfig): Signing {
  const { accessKeyId, secretAccessKey } = config;
  const signature = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey },
    region: 'auto',
    service: 's3',
    sha256: WebCryptoSha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  return { target: signingTarget(config), signature };
}

/**
 * As the signature wants it: every byte but unreserved ones and slashes. A segment `.` or `..` is refused, since whoever
 * fetches the URL would take it as a step in the path.
 */
function escapePath(key: string): string {
  const segments = key.split('/');
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    throw new CloudflareClientError('InvalidKey', `${shown(key)} has a segment "." or "..": no URL can name it`, {
      key,
    });
  }
  return segments.map((segment) => encodeURIComponent(segment).replace(/[!'()*]/g, percentEncode)).join('/');
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
