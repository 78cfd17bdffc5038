import { CloudflareClientError } from './error.ts';
import { shown } from './key.ts';
import { type R2Opts, type RetryPolicy, retryPolicy, withRetries } from './retry.ts';
import type { R2SigningConfig } from './signing-config.ts';
import { UrlSigner } from './url-signer.ts';

/** For tests and unusual runtimes; the defaults are the runtime's own. */
export interface R2SigningClientOptions extends R2Opts {
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** UTC in milliseconds. */
  readonly now?: () => number;
}

/** Good for a slow answer, useless soon after. */
const CHECK_EXPIRY_SECONDS = 300;

/**
 * Presigned URLs of one bucket wherever there is `fetch` and Web Crypto: scripts, tests, Node, Workers. Only
 * {@link objectExists} asks R2.
 */
export class R2SigningClient {
  readonly #bucketName: string;
  readonly #signer: UrlSigner;
  readonly #policy: RetryPolicy;
  readonly #fetch: (url: string, init: RequestInit) => Promise<Response>;

  /** Checks no credentials; the first call does. */
  constructor(config: R2SigningConfig, options: R2SigningClientOptions = {}) {
    this.#bucketName = config.bucketName;
    this.#signer = new UrlSigner(config, options.now);
    this.#policy = retryPolicy(options);
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
  }

  /**
   * A URL that lets whoever holds it read the object until it expires, without credentials. Do not log it.
   * @param expirySeconds 1 to 604,800 (7 days)
   * @throws CloudflareClientError `InvalidCredentials`, `InvalidExpiry`, `InvalidKey` or `InvalidOption`
   */
  async generateSignedUrl(r2Key: string, expirySeconds: number): Promise<string> {
    return this.#signer.sign('GET', r2Key, expirySeconds);
  }

  /**
   * Whether there is such an object. 429, 5xx and lost connections are tried again.
   * @throws CloudflareClientError `RequestFailed` for every answer but "it is there" and "there is no such object"
   */
  async objectExists(r2Key: string): Promise<boolean> {
    const status = await withRetries(this.#policy, async () => {
      const url = await this.#signer.sign('HEAD', r2Key, CHECK_EXPIRY_SECONDS);
      const answer = await this.#head(url, r2Key);
      if (answer !== 200 && answer !== 404) throw this.#refused(answer, r2Key);
      return answer;
    });
    return status === 200;
  }

  getBucketName(): string {
    return this.#bucketName;
  }

  /** @returns the status */
  async #head(url: string, key: string): Promise<number> {
    try {
      const response = await this.#fetch(url, { method: 'HEAD', redirect: 'manual' });
      await response.body?.cancel();
      return response.status;
    } catch (error) {
      const { host } = new URL(url);
      // Without `cause`: errors of some runtimes hold the URL, and with it the signature.
      throw new CloudflareClientError(
        'RequestFailed',
        `${host} cannot be reached (${reasonOf(error)}); check the network and the endpoint`,
        { key, retryable: true },
      );
    }
  }

  #refused(status: number, key: string): CloudflareClientError {
    const advice =
      status === 401 || status === 403
        ? 'check accessKeyId, secretAccessKey, what the token may do, and the clock'
        : 'try again later';
    return new CloudflareClientError(
      'RequestFailed',
      `asked for ${shown(key)} in bucket ${JSON.stringify(this.#bucketName)}, R2 answers HTTP ${status}; ${advice}`,
      { key, status },
    );
  }
}

/** The system's code (`ECONNREFUSED`) where there is one, else the kind of error. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { readonly cause?: { readonly code?: unknown }; readonly name?: unknown };
  if (typeof cause?.code === 'string') return cause.code;
  return typeof name === 'string' ? name : 'Error';
}
