import { CloudflareClientError } from './error.ts';

/** Credentials for presigned URLs: those of an R2 API token ("Object Read" is enough). */
export interface R2SigningConfig {
  /** Cloudflare account ID; the host of the URLs is `{accountId}.r2.cloudflarestorage.com`. */
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly bucketName: string;
  /**
   * Instead of the account's: that of a jurisdiction (`https://ACCOUNT.eu.r2.cloudflarestorage.com`) or of another S3
   * server. Scheme, host and port only.
   */
  readonly endpoint?: string;
  /** Hands out the same URL again while it is good for long enough. Default: every call signs. */
  readonly urlCache?: UrlCacheOptions;
}

export interface UrlCacheOptions {
  /** A URL is handed out again while it is good for at least this many more seconds. Default 300. */
  readonly safetyMarginSeconds?: number;
  /** URLs kept; beyond, the oldest is forgotten. Default 1000. */
  readonly maxEntries?: number;
}

/** Where signed requests go. */
export interface SigningTarget {
  /** `https:` or `http:`. */
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number | undefined;
  /** As the `Host` header has it. */
  readonly host: string;
  readonly bucketName: string;
}

/**
 * Checks what can be checked without asking R2. Called by the first request, not by a constructor: a Worker that never
 * signs starts without credentials.
 * @throws CloudflareClientError `InvalidCredentials` or `InvalidOption`; no message shows a value of a secret
 */
export function signingTarget(config: R2SigningConfig): SigningTarget {
  for (const name of ['accessKeyId', 'secretAccessKey'] as const) {
    if (typeof config[name] !== 'string' || config[name].trim() === '') {
      throw new CloudflareClientError(
        'InvalidCredentials',
        `the R2 credentials are incomplete: ${name} is empty; copy it from the R2 API token`,
      );
    }
  }
  if (!/^[\w.-]+$/.test(config.bucketName)) {
    throw invalid('bucketName', config.bucketName, 'the name of the bucket: letters, digits, "-" and "."');
  }
  const { protocol, hostname, port, host } = endpointOf(config);
  return { protocol, hostname, port: port === '' ? undefined : Number(port), host, bucketName: config.bucketName };
}

function endpointOf({ endpoint, accountId }: R2SigningConfig): URL {
  if (endpoint === undefined) {
    if (!/^[\w-]+$/.test(accountId)) throw invalid('accountId', accountId, 'the 32 hexadecimal digits of the account');
    return new URL(`https://${accountId}.r2.cloudflarestorage.com`);
  }
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const bare = url !== undefined && url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (!bare || !/^https?:$/.test(url.protocol)) {
    throw invalid('endpoint', bare ? endpoint : 'not a bare URL', 'scheme, host and port, such as https://host:9000');
  }
  return url;
}

function invalid(name: string, value: string, allowed: string): CloudflareClientError {
  return new CloudflareClientError('InvalidOption', `R2 signing: ${name} is ${JSON.stringify(value)}; use ${allowed}`);
}
