import {
  batches,
  type CallOptions,
  compareKeys,
  type DeleteOutcome,
  type DirectoryListing,
  isObjectStoreError,
  isValidKey,
  type ListOptions,
  type ObjectMeta,
  throwIfAborted,
  validateKey,
  validatePrefix,
} from '@bucket-radio/object-store';
import type { R2ListOptions, R2Objects } from '@cloudflare/workers-types';
import { askR2, beginR2Call } from './call.ts';
import type { R2StoreContext } from './context.ts';
import { metaOf } from './convert.ts';

/** The most keys that one call deletes. */
const DELETE_BATCH = 1000;

/** The contract's `list`: pages of the binding, without names that are no keys of the contract. */
export async function* listObjects(
  context: R2StoreContext,
  { prefix = '', ...options }: ListOptions = {},
): AsyncGenerator<ObjectMeta> {
  validatePrefix(prefix);
  const signal = beginR2Call(options);
  for await (const page of pages(context, { prefix }, signal)) {
    for (const object of page.objects) {
      throwIfAborted(signal);
      if (isValidKey(object.key)) yield metaOf(object);
    }
  }
  throwIfAborted(signal);
}

export async function listDirectory(
  context: R2StoreContext,
  { prefix = '', ...options }: CallOptions & { readonly prefix?: string } = {},
): Promise<DirectoryListing> {
  validatePrefix(prefix);
  const signal = beginR2Call(options);
  const objects: ObjectMeta[] = [];
  const prefixes = new Set<string>();
  for await (const page of pages(context, { prefix, delimiter: '/' }, signal)) {
    objects.push(...page.objects.filter(({ key }) => isValidKey(key)).map(metaOf));
    for (const found of page.delimitedPrefixes) prefixes.add(found);
  }
  return { objects, prefixes: [...prefixes].sort(compareKeys) };
}

async function* pages(
  { bucket, policy }: R2StoreContext,
  options: R2ListOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<R2Objects> {
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? options : { ...options, cursor };
    const page = await askR2(policy, { action: 'list', signal }, () => bucket.list(from));
    yield page;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

export async function* deleteObjects(
  context: R2StoreContext,
  keys: Iterable<string> | AsyncIterable<string>,
  options: CallOptions = {},
): AsyncGenerator<DeleteOutcome> {
  const signal = beginR2Call(options);
  for await (const batch of batches(keys, DELETE_BATCH)) {
    throwIfAborted(signal);
    const invalid = batch.flatMap(invalidKey);
    yield* invalid;
    const refused = new Set(invalid.map(({ key }) => key));
    const valid = batch.filter((key) => !refused.has(key));
    if (valid.length > 0) yield* await deleteBatch(context, valid, signal);
  }
}

async function deleteBatch(
  { bucket, policy }: R2StoreContext,
  keys: string[],
  signal: AbortSignal | undefined,
): Promise<DeleteOutcome[]> {
  try {
    await askR2(policy, { action: 'delete many', signal }, () => bucket.delete(keys));
    return keys.map((key) => ({ key }));
  } catch (error) {
    // A signal ends all of it; anything else is told of the keys it concerns.
    if (!isObjectStoreError(error) || signal?.aborted) throw error;
    return keys.map((key) => ({ key, error }));
  }
}

function invalidKey(key: string): DeleteOutcome[] {
  try {
    validateKey(key);
    return [];
  } catch (error) {
    if (!isObjectStoreError(error)) throw error;
    return [{ key, error }];
  }
}
