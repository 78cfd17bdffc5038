import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createFileStore, type FullObjectStore } from '@bucket-radio/object-store';
import { createS3Store } from '@bucket-radio/object-store-s3';
import { readConfigFile, resolveConfig } from '../config/load.ts';
import type { StationConfig } from '../config/settings.ts';

/** The bucket of the configuration: an S3 service's, or the directory of the embedded one. */
export async function withBucket(
  work: (store: FullObjectStore, config: StationConfig) => Promise<void>,
): Promise<void> {
  const file = readConfigFile();
  const config = resolveConfig({ env: process.env, ...(file === undefined ? {} : { file }) });
  const { r2Endpoint, r2Bucket, r2AccessKey, r2SecretKey } = config;
  if (r2Endpoint === undefined || r2Bucket === undefined || r2AccessKey === undefined || r2SecretKey === undefined) {
    const directory = join(config.dataDir, 'bucket');
    await stat(directory).catch(() => process.stderr.write(`radio: no bucket is configured; using ${directory}\n`));
    await work(createFileStore({ directory }), config);
    return;
  }
  const store = createS3Store({
    endpoint: r2Endpoint,
    bucket: r2Bucket,
    accessKeyId: r2AccessKey,
    secretAccessKey: r2SecretKey,
    onEvent: ({ level, message }) => process.stderr.write(`radio: ${level}: ${message}\n`),
  });
  try {
    await work(store, config);
  } finally {
    store.close();
  }
}
