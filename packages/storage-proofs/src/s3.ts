import { randomBytes } from 'node:crypto';
import { createBucket, createS3Store, type S3Store } from '@bucket-radio/object-store-s3';

export interface S3Settings {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly bucket: string;
}

/** Of the server that the tests were started with, with a new bucket's name. */
export function s3Settings(bucket: string = `proof-${randomBytes(6).toString('hex')}`): S3Settings {
  return {
    endpoint: process.env['S3_ENDPOINT'] ?? '',
    accessKeyId: process.env['S3_ACCESS_KEY'] ?? '',
    secretAccessKey: process.env['S3_SECRET_KEY'] ?? '',
    bucket,
  };
}

/** A store on a bucket that is made when it does not exist. */
export async function openS3(settings: S3Settings): Promise<S3Store> {
  await createBucket(settings);
  return createS3Store(settings);
}
