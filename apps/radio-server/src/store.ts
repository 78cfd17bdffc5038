import { join } from 'node:path';
import { createFileStore, isObjectStoreError, type ObjectStore, withPrefix } from '@bucket-radio/object-store';
import { createS3Store } from '@bucket-radio/object-store-s3';
import type { StationConfig } from './config/settings.ts';
import type { Logger } from './log.ts';

/** Bucket name of the embedded origin: part of its URLs, as with any path-style bucket. */
export const EMBEDDED_BUCKET = 'radio';

/** How long a station that was on air before waits for its bucket at the start. */
const CHECK_TIMEOUT_MS = 1500;

export interface StationStore {
  readonly kind: 'directory' | 's3';
  /** The whole bucket. */
  readonly bucket: ObjectStore;
  /** Below the station's prefix. */
  readonly station: ObjectStore;
  /** The store's clock minus this machine's, in milliseconds, to within `errorMs`; `undefined` while it is not known. */
  clock(): { readonly offsetMs: number; readonly errorMs: number } | undefined;
  close(): void;
}

/**
 * The bucket the configuration names, checked: with no `R2_*` set, a directory that the process itself serves.
 * A station that was on air before starts without its bucket, too: what it captures waits on disk.
 * @throws ObjectStoreError when the bucket does not exist, the credentials are wrong or the endpoint cannot be reached
 */
export async function openStore(
  config: StationConfig,
  { wasOnAir = false, log }: { readonly wasOnAir?: boolean; readonly log?: Logger } = {},
): Promise<StationStore> {
  const { r2Endpoint, r2Bucket, r2AccessKey, r2SecretKey } = config;
  const prefix = `${config.prefix}/`;
  if (r2Endpoint === undefined || r2Bucket === undefined || r2AccessKey === undefined || r2SecretKey === undefined) {
    const bucket = createFileStore({ directory: join(config.dataDir, 'bucket') });
    return {
      kind: 'directory',
      bucket,
      station: withPrefix(bucket, prefix),
      clock: () => undefined,
      close: () => undefined,
    };
  }
  const bucket = createS3Store({
    endpoint: r2Endpoint,
    bucket: r2Bucket,
    accessKeyId: r2AccessKey,
    secretAccessKey: r2SecretKey,
    onEvent: (event) => {
      // A refusal is said by whoever made the request.
      if (event.type === 'clock') log?.[event.level](event.message);
    },
  });
  const clock = (): ReturnType<StationStore['clock']> => {
    const { clockOffsetMs: offsetMs, clockErrorMs: errorMs } = bucket.stats();
    return offsetMs === undefined || errorMs === undefined ? undefined : { offsetMs, errorMs };
  };
  try {
    await bucket.check(wasOnAir ? { timeoutMs: CHECK_TIMEOUT_MS } : {});
  } catch (error) {
    const silent = isObjectStoreError(error, 'Unavailable') || isObjectStoreError(error, 'Timeout');
    if (!wasOnAir || !silent) throw error;
    log?.warn(`${error.message}; going on without the bucket until it answers`);
  }
  return { kind: 's3', bucket, station: withPrefix(bucket, prefix), clock, close: () => bucket.close() };
}
