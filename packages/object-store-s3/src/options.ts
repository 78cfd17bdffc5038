import { ObjectStoreError } from '@bucket-radio/object-store';
import type { S3Event } from './events.ts';
import { guessProvider, isProvider, type S3Provider } from './provider.ts';

export interface S3StoreOptions {
  /** Whose service it is, for what differs between them; by default told from the endpoint, else `other`. */
  readonly provider?: S3Provider;
  /** The service's own URL, without the bucket: `https://ACCOUNT.r2.cloudflarestorage.com`, `http://127.0.0.1:9000`. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** For temporary credentials only. */
  readonly sessionToken?: string;
  /** Default `auto`, which R2, MinIO and Ceph accept; AWS wants the bucket's own, e.g. `eu-central-1`. */
  readonly region?: string;
  /**
   * Tries per call, the first included; default 4. Every call has its own: however many fail, the next one still has all
   * of them, as a source that never stops needs.
   */
  readonly maxAttempts?: number;
  /** The same for a part of a multipart upload and for its completion, where a failure costs all parts; default 8. */
  readonly partAttempts?: number;
  /** Default 5,000. */
  readonly connectionTimeoutMs?: number;
  /** How long a connection may carry nothing, in either direction, before the try fails; default 15,000. */
  readonly idleTimeoutMs?: number;
  /**
   * From the start of a try until the answer's headers, the upload included; default 60,000. A part has a second more
   * for every 32 KiB.
   */
  readonly requestTimeoutMs?: number;
  /**
   * How long the service may work on a copy or on the joining of parts; it may say nothing meanwhile. Default 600,000:
   * gigabytes take minutes.
   */
  readonly copyTimeoutMs?: number;
  /** Most connections at a time; further calls wait for one. Bodies being read hold theirs. Default 16. */
  readonly maxConnections?: number;
  /** For the jitter between tries: a number in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
  /** Told what an operator should know: refused credentials, a clock that is off. Never holds a secret. */
  readonly onEvent?: (event: S3Event) => void;
}

/** Options with every default filled in and every value checked. */
export interface ResolvedS3Options extends Required<Omit<S3StoreOptions, 'sessionToken' | 'onEvent'>> {
  readonly sessionToken: string | undefined;
  readonly onEvent: ((event: S3Event) => void) | undefined;
}

/**
 * @throws ObjectStoreError `NotSupported`, naming the option, what is wrong and what is allowed; never the value of a
 * credential.
 */
export function resolveOptions(options: S3StoreOptions): ResolvedS3Options {
  const bucket = checkBucketName(options.bucket);
  const endpoint = checkEndpoint(options.endpoint, bucket);
  return {
    endpoint,
    bucket,
    provider: checkProvider(options.provider ?? guessProvider(endpoint)),
    onEvent: options.onEvent,
    partAttempts: checkNumber('partAttempts', options.partAttempts ?? 8, 1, 100),
    accessKeyId: checkCredential('accessKeyId', options.accessKeyId),
    secretAccessKey: checkCredential('secretAccessKey', options.secretAccessKey),
    sessionToken:
      options.sessionToken === undefined ? undefined : checkCredential('sessionToken', options.sessionToken),
    region: checkRegion(options.region ?? 'auto'),
    maxAttempts: checkNumber('maxAttempts', options.maxAttempts ?? 4, 1, 100),
    connectionTimeoutMs: checkNumber('connectionTimeoutMs', options.connectionTimeoutMs ?? 5_000, 1, 3_600_000),
    idleTimeoutMs: checkNumber('idleTimeoutMs', options.idleTimeoutMs ?? 15_000, 1, 3_600_000),
    requestTimeoutMs: checkNumber('requestTimeoutMs', options.requestTimeoutMs ?? 60_000, 1, 3_600_000),
    copyTimeoutMs: checkNumber('copyTimeoutMs', options.copyTimeoutMs ?? 600_000, 1, 3_600_000),
    maxConnections: checkNumber('maxConnections', options.maxConnections ?? 16, 1, 1_000),
    random: options.random ?? Math.random,
  };
}

function refuse(message: string): never {
  throw new ObjectStoreError('NotSupported', message);
}

function checkEndpoint(endpoint: unknown, bucket: string): string {
  const example = 'use the service URL without the bucket, e.g. https://ACCOUNT.r2.cloudflarestorage.com';
  if (typeof endpoint !== 'string' || endpoint === '') refuse(`endpoint is missing; ${example}`);
  const url = URL.parse(endpoint);
  // A value with an "@" may hold a password: it is not repeated.
  const shown = endpoint.includes('@') ? 'endpoint' : `endpoint ${JSON.stringify(endpoint)}`;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    refuse(`${shown} is not a http or https URL; ${example}`);
  }
  if (url.username !== '' || url.password !== '') {
    refuse('endpoint has a user name or password in it; remove it: credentials are options of their own');
  }
  if (url.search !== '' || url.hash !== '') refuse(`${shown} has a query or fragment; remove it`);
  if (url.pathname !== '/') {
    const isBucket = url.pathname.replaceAll('/', '') === bucket;
    refuse(`${shown} has a path; remove ${url.pathname}${isBucket ? ': the bucket is an option of its own' : ''}`);
  }
  return url.origin;
}

function checkBucketName(bucket: unknown): string {
  const rule = 'use 3 to 63 letters, digits, "-", "." or "_"';
  if (typeof bucket !== 'string' || bucket === '') refuse(`bucket is missing; ${rule}`);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(bucket)) {
    refuse(`bucket ${JSON.stringify(bucket.slice(0, 80))} is not a bucket's name; ${rule}`);
  }
  return bucket;
}

function checkCredential(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') refuse(`${name} is missing; set it`);
  if (!/^[\x21-\x7e]+$/.test(value)) {
    refuse(`${name} has a space, a line break or a character outside ASCII; copy it again (value: REDACTED)`);
  }
  return value;
}

function checkProvider(provider: unknown): S3Provider {
  return isProvider(provider) ? provider : refuse('provider is not known; use aws, r2, minio, ceph or other');
}

function checkRegion(region: string): string {
  if (/^[a-z0-9-]{1,64}$/.test(region)) return region;
  return refuse(`region ${JSON.stringify(region)} is not a region's name; use "auto" or e.g. "eu-central-1"`);
}

function checkNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return refuse(`${name} is ${value}; use a whole number from ${least} to ${most}`);
}
