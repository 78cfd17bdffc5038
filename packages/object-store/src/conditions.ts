import { ObjectStoreError } from './error.ts';
import { quoteKey } from './key.ts';
import type { GetOptions, ObjectMeta, PutMode } from './types.ts';

/**
 * Applies `ifMatch` and `ifNoneMatch` to an object that exists.
 * @throws ObjectStoreError `PreconditionFailed` or `NotModified`
 */
export function checkReadConditions(meta: ObjectMeta, options: GetOptions): void {
  const { key, etag } = meta;
  if (options.ifMatch !== undefined && options.ifMatch !== etag) {
    throw new ObjectStoreError('PreconditionFailed', `${quoteKey(key)} has ETag ${etag}, not ${options.ifMatch}`, {
      key,
    });
  }
  if (options.ifNoneMatch === etag) {
    throw new ObjectStoreError('NotModified', `${quoteKey(key)} still has ETag ${etag}`, { key });
  }
}

/**
 * Applies a put's mode to what is stored now.
 * @param etag of the stored object, `undefined` when there is none
 * @throws ObjectStoreError `AlreadyExists` or `PreconditionFailed`
 */
export function checkPutMode(key: string, mode: PutMode | undefined, etag: string | undefined): void {
  if (mode === 'create') {
    if (etag !== undefined) throw alreadyExists(key);
  } else if (typeof mode === 'object' && mode.update.etag !== etag) {
    const found = etag === undefined ? 'does not exist' : `has ETag ${etag}`;
    throw new ObjectStoreError(
      'PreconditionFailed',
      `${quoteKey(key)} ${found}, not ${mode.update.etag}: another writer was faster; read it again`,
      { key },
    );
  }
}

export function alreadyExists(key: string, cause?: unknown): ObjectStoreError {
  return new ObjectStoreError('AlreadyExists', `${quoteKey(key)} already exists and the mode is "create"`, {
    key,
    cause,
  });
}

export function notFound(key: string, cause?: unknown): ObjectStoreError {
  return new ObjectStoreError('NotFound', `there is no object ${quoteKey(key)}`, { key, cause });
}
