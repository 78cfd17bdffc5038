import { randomBytes } from 'node:crypto';
import { createBucket, createS3Store, type S3Store, type S3StoreOptions } from '@bucket-radio/object-store-s3';

export type S3Settings = Pick<
  S3StoreOptions,
  'endpoint' | 'accessKeyId' | 'secretAccessKey' | 'bucket' | 'region' | 'provider'
>;

/** Of the server that the tests were started with; the bucket is the one given, or a new one's name. */
export function s3Settings(): S3Settings {
  const { S3_ENDPOINT = '', S3_ACCESS_KEY = '', S3_SECRET_KEY = '', S3_BUCKET, S3_PROVIDER, S3_REGION } = process.env;
  return {
    endpoint: S3_ENDPOINT,
    accessKeyId: S3_ACCESS_KEY,
    secretAccessKey: S3_SECRET_KEY,
    bucket: S3_BUCKET ?? `proof-${randomBytes(6).toString('hex')}`,
    ...(S3_PROVIDER === undefined ? {} : { provider: S3_PROVIDER as Exclude<S3StoreOptions['provider'], undefined> }),
    ...(S3_REGION === undefined ? {} : { region: S3_REGION }),
  };
}

/** A store on a bucket, which is made unless it was given. */
export async function openS3(settings: S3Settings): Promise<S3Store> {
  if (process.env['S3_BUCKET'] === undefined) await createBucket(settings);
  return createS3Store(settings);
}
