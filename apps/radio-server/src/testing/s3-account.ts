import type { S3StoreOptions } from '@bucket-radio/object-store-s3';

/** A bucket of a test's own on the S3 server of the tests: for the store, and for a station's environment. */
export interface S3Account {
  readonly options: S3StoreOptions;
  readonly env: {
    readonly R2_ENDPOINT: string;
    readonly R2_BUCKET: string;
    readonly R2_ACCESS_KEY: string;
    readonly R2_SECRET_KEY: string;
  };
}

/** Without a server (ask `serviceOrSkip('s3')`) it is an account that answers nothing. The name ends with the process's id. */
export function s3Account(name: string): S3Account {
  const endpoint = process.env['S3_ENDPOINT'] || 'http://127.0.0.1:9';
  const accessKeyId = process.env['S3_ACCESS_KEY'] || 'unset';
  const secretAccessKey = process.env['S3_SECRET_KEY'] || 'unset';
  const bucket = `${name}-${process.pid}`;
  return {
    options: { endpoint, bucket, accessKeyId, secretAccessKey },
    env: { R2_ENDPOINT: endpoint, R2_BUCKET: bucket, R2_ACCESS_KEY: accessKeyId, R2_SECRET_KEY: secretAccessKey },
  };
}
