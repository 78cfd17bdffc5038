import { isObjectStoreError, type ObjectAttributes, type ObjectMeta } from '@bucket-radio/object-store';
import type { UploadStore } from './types.ts';

/** The name under which an upload's own id is kept in the object's metadata. */
export const ID_NAME = 'upload-id';

export function withId(attributes: ObjectAttributes, id: string): ObjectAttributes {
  return { ...attributes, metadata: { ...attributes.metadata, [ID_NAME]: id } };
}

/** Outcomes after which the call may have been carried out all the same. */
const UNDECIDED = ['Ambiguous', 'Unavailable', 'Timeout', 'NotFound', 'AlreadyExists', 'Throttled'] as const;

/**
 * Settles a put, copy or complete whose reply was lost: the object is looked at, and when it has our own id the call
 * was carried out. Otherwise the call's error stands.
 */
export async function settle(
  store: UploadStore,
  expected: { readonly key: string; readonly id: string; readonly size: number },
  call: () => Promise<{ readonly etag: string }>,
): Promise<{ readonly etag: string }> {
  try {
    return await call();
  } catch (error) {
    if (!isObjectStoreError(error) || !UNDECIDED.some((code) => code === error.code)) throw error;
    const found = await findOwn(store, expected.key, expected.id).catch(() => undefined);
    if (found?.size !== expected.size) throw error;
    return { etag: found.etag };
  }
}

/** The object, if it is there and has our id. */
export async function findOwn(store: UploadStore, key: string, id: string): Promise<ObjectMeta | undefined> {
  try {
    const head = await store.head(key);
    return head.attributes.metadata?.[ID_NAME] === id ? head : undefined;
  } catch (error) {
    if (isObjectStoreError(error, 'NotFound')) return undefined;
    throw error;
  }
}
