import { randomBytes } from 'node:crypto';
import { S3 } from '@aws-sdk/client-s3';
import { createBucket, createS3Store, type S3Store, type S3StoreOptions } from '@bucket-radio/object-store-s3';

/** A bucket of a proof's own on the server that the tests were started with, seen through both kinds of client. */
export interface TestBucket {
  readonly bucket: string;
  readonly client: S3;
  readonly store: S3Store;
  /** Objects and unfinished uploads. */
  left(): Promise<string[]>;
  /** Removes both. */
  empty(): Promise<void>;
  close(): void;
}

function s3Client(): S3 {
  return new S3({
    endpoint: process.env['S3_ENDPOINT'] ?? '',
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: {
      accessKeyId: process.env['S3_ACCESS_KEY'] ?? '',
      secretAccessKey: process.env['S3_SECRET_KEY'] ?? '',
    },
    // Its default checksums are trailers that this server does not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

export function s3SettingsOf(bucket: string): S3StoreOptions {
  return {
    endpoint: process.env['S3_ENDPOINT'] ?? '',
    accessKeyId: process.env['S3_ACCESS_KEY'] ?? '',
    secretAccessKey: process.env['S3_SECRET_KEY'] ?? '',
    bucket,
  };
}

export async function openTestBucket(): Promise<TestBucket> {
  const settings = s3SettingsOf(`buffer-${randomBytes(6).toString('hex')}`);
  await createBucket(settings);
  const store = createS3Store(settings);
  const client = s3Client();
  return {
    bucket: settings.bucket,
    client,
    store,
    async left() {
      const keys: string[] = [];
      for await (const { key } of store.list()) keys.push(key);
      for await (const { key } of store.listMultiparts()) keys.push(`${key} (upload)`);
      return keys;
    },
    async empty() {
      for await (const { key } of store.list()) await store.delete(key);
      for await (const upload of store.listMultiparts()) await store.abortMultipart(upload);
    },
    close() {
      store.close();
      client.destroy();
    },
  };
}
