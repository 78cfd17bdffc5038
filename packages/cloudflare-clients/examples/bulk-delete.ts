import type { R2ObjectStore, R2Service } from '@bucket-radio/cloudflare-clients';
import { objectsBelow } from './listing.ts';

/** Deletes what is below a prefix, a few at a time. @returns how many objects there were */
export async function deleteBelow(r2: R2Service, prefix: string): Promise<number> {
  let deleted = 0;
  let batch: Promise<void>[] = [];
  for await (const { key } of objectsBelow(r2, prefix)) {
    batch.push(r2.delete(key));
    deleted++;
    // A Worker has six connections at a time; more would wait anyway.
    if (batch.length === 6) {
      await Promise.all(batch);
      batch = [];
    }
  }
  await Promise.all(batch);
  return deleted;
}

/** The same through the object-store contract: a thousand keys in one call, and each told of by itself. */
export async function deleteManyBelow(store: R2ObjectStore, prefix: string): Promise<readonly string[]> {
  const keys = async function* (): AsyncGenerator<string> {
    for await (const { key } of store.list({ prefix })) yield key;
  };
  const failed: string[] = [];
  for await (const { key, error } of store.deleteMany(keys())) {
    if (error !== undefined) failed.push(key);
  }
  return failed;
}
