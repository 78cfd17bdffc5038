import { isFullObjectStore, type ObjectStore } from '@bucket-radio/object-store';
import { HybridBufferError } from '../error.ts';
import { type ObjectStorageOptions, objectStore, uploadStorage } from './object-store.ts';
import { type S3Client, type ServerSideEncryption, s3ClientStore } from './s3-client/store.ts';
import type { StorageFactory } from './storage.ts';

export interface S3StorageOptions extends ObjectStorageOptions {
  /**
   * Asks the service to encrypt what it stores: `AES256`, or a key of its key management. Only with a client; where a
   * store is given, set it on the bucket, as its default encryption. It protects the provider's disks; to keep bytes
   * from the provider, use encryption as middleware.
   */
  readonly serverSideEncryption?: ServerSideEncryption;
}

/**
 * A bucket of an S3-compatible service.
 *
 * @param clientOrStore the SDK's client with its methods, `new S3({ … })` of `@aws-sdk/client-s3`, with your own
 * credentials, region and retries; or a store of `@bucket-radio/object-store-s3`
 * @param bucket with a store, the one it was made for
 * @throws HybridBufferError `InvalidOption`
 */
export function s3(
  clientOrStore: S3Client | ObjectStore,
  bucket: string,
  options: S3StorageOptions = {},
): StorageFactory {
  const { serverSideEncryption } = options;
  if ('putObject' in clientOrStore) {
    return uploadStorage(
      s3ClientStore(clientOrStore, { bucket, serverSideEncryption, timeoutMs: options.timeoutMs ?? 30_000 }),
      options,
    );
  }
  if (!('list' in clientOrStore) || !isFullObjectStore(clientOrStore)) {
    throw refuse(
      's3() wants `new S3({ … })` of @aws-sdk/client-s3 (an S3Client has no methods), or createS3Store({ … })',
    );
  }
  if (!clientOrStore.name.includes(`s3(${bucket})`)) {
    throw refuse(
      `the store ${clientOrStore.name} is not one on bucket ${JSON.stringify(bucket)}; name its own, or use objectStore()`,
    );
  }
  if (serverSideEncryption !== undefined) {
    throw refuse('serverSideEncryption needs a client; with a store set it on the bucket, as its default encryption');
  }
  return objectStore(clientOrStore, options);
}

function refuse(message: string): HybridBufferError {
  return new HybridBufferError('InvalidOption', message);
}
