import { randomBytes } from 'node:crypto';
import type { FullObjectStore } from '@bucket-radio/object-store';
import { createS3Store, type S3Store } from '@bucket-radio/object-store-s3';
import { ConfigError } from '../config/load.ts';
import type { StationConfig } from '../config/settings.ts';

/** Where recordings lie in the archive bucket. */
export const ARCHIVE_PREFIX = 'archive';

/** Connections of the archive: few, because listeners come first. */
const MAX_CONNECTIONS = 4;
const PROBE_TIMEOUT_MS = 5000;

/** Answers a request without credentials; `fetch` in life. */
export type AnonymousFetch = (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;

/** The archive bucket of the configuration. @returns undefined when there is none: recordings stay here */
export function openColdStore(
  config: StationConfig,
  onEvent: (level: 'info' | 'warn' | 'error', message: string) => void = () => undefined,
): S3Store | undefined {
  const { archiveBucket, archiveAccessKey, archiveSecretKey } = config;
  const endpoint = config.archiveEndpoint ?? config.r2Endpoint;
  if (
    endpoint === undefined ||
    archiveBucket === undefined ||
    archiveAccessKey === undefined ||
    archiveSecretKey === undefined
  ) {
    return undefined;
  }
  return createS3Store({
    endpoint,
    bucket: archiveBucket,
    accessKeyId: archiveAccessKey,
    secretAccessKey: archiveSecretKey,
    maxConnections: MAX_CONNECTIONS,
    onEvent: ({ level, message }) => onEvent(level, message),
  });
}

/**
 * Writes a small object and tries to read it as anybody could: through the bucket's own address and where listeners
 * read. Names alone do not tell: one bucket may have two.
 * @throws ConfigError when that works, unless `RADIO_ARCHIVE_PUBLIC` is on
 * @throws ObjectStoreError when the bucket cannot be written
 */
export async function refusePublicBucket(
  store: FullObjectStore,
  config: StationConfig,
  anonymous: AnonymousFetch = fetch,
): Promise<void> {
  if (config.archivePublic) return;
  const key = `${ARCHIVE_PREFIX}/.probe-${randomBytes(12).toString('hex')}`;
  await store.put(key, Buffer.from(key), { timeoutMs: PROBE_TIMEOUT_MS, attributes: { contentType: 'text/plain' } });
  try {
    for (const url of publicAddresses(config)) {
      if (!(await isReadable(`${url}/${key}`, key, anonymous))) continue;
      throw new ConfigError([
        `anyone can read the archive bucket "${config.archiveBucket}" at ${url}: use a private one, ` +
          'or set RADIO_ARCHIVE_PUBLIC=on to let anyone have the recordings',
      ]);
    }
  } finally {
    await store.delete(key, { timeoutMs: PROBE_TIMEOUT_MS });
  }
}

function publicAddresses({ archiveEndpoint, r2Endpoint, archiveBucket, r2PublicUrl }: StationConfig): string[] {
  const endpoint = archiveEndpoint ?? r2Endpoint;
  const own = endpoint === undefined ? [] : [`${endpoint.replace(/\/+$/, '')}/${archiveBucket}`];
  return r2PublicUrl === undefined ? own : [...own, r2PublicUrl.replace(/\/+$/, '')];
}

async function isReadable(url: string, content: string, anonymous: AnonymousFetch): Promise<boolean> {
  try {
    const response = await anonymous(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return (await response.text()) === content;
  } catch {
    return false; // nobody reads there
  }
}
