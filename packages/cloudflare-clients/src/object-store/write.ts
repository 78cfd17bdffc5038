import {
  type ContentChecksum,
  ObjectStoreError,
  type PutMode,
  type PutOptions,
  type PutResult,
  quoteKey,
  validateAttributes,
  validateChecksum,
  validateKey,
} from '@bucket-radio/object-store';
import type { R2Bucket, R2Conditional, R2Object, R2PutOptions } from '@cloudflare/workers-types';
import { askR2, beginR2Call } from './call.ts';
import type { R2StoreContext } from './context.ts';
import { bareEtag, toR2Metadata } from './convert.ts';

/** The contract's `put` on a binding. */
export async function putObject(
  { bucket, policy }: R2StoreContext,
  key: string,
  body: Uint8Array,
  options: PutOptions = {},
): Promise<PutResult> {
  validateKey(key);
  validateAttributes(options.attributes, key);
  validateChecksum(options.checksum, key);
  const signal = beginR2Call(options, key);
  // After an abort R2 may still be reading, while the caller may use its buffer again.
  const bytes = signal === undefined ? body : body.slice();
  const metadata = { ...toR2Metadata(options.attributes), ...checksumOf(options.checksum) };
  const stored = await askR2(policy, { action: 'put', key, signal }, (earlierTries) =>
    conditionalPut(bucket, { key, mode: options.mode, earlierTries, metadata }, bytes),
  );
  return { etag: stored.httpEtag };
}

export interface ConditionalPut {
  readonly key: string;
  readonly mode: PutMode | undefined;
  readonly earlierTries: number;
  readonly metadata: R2PutOptions;
}

/**
 * A put that R2 itself decides on.
 * @throws ObjectStoreError `AlreadyExists`, `PreconditionFailed`; or `Ambiguous` when an earlier try may be the reason
 */
export async function conditionalPut(
  bucket: R2Bucket,
  { key, mode, earlierTries, metadata }: ConditionalPut,
  body: Parameters<R2Bucket['put']>[1],
): Promise<R2Object> {
  const onlyIf = conditionOf(key, mode);
  if (onlyIf === undefined) return bucket.put(key, body, metadata);
  const stored = await bucket.put(key, body, { ...metadata, onlyIf });
  if (stored !== null) return stored;
  if (earlierTries > 0) throw ambiguous(key);
  throw refused(key, mode);
}

function conditionOf(key: string, mode: PutMode | undefined): R2Conditional | undefined {
  if (mode === 'create') return { etagDoesNotMatch: '*' };
  if (typeof mode !== 'object') return undefined;
  const etagMatches = bareEtag(mode.update.etag);
  // No object of R2 has such an ETag.
  if (etagMatches === undefined) throw refused(key, mode);
  return { etagMatches };
}

function checksumOf(checksum: ContentChecksum | undefined): R2PutOptions {
  return checksum === undefined ? {} : { sha256: checksum.sha256 };
}

function refused(key: string, mode: PutMode | undefined): ObjectStoreError {
  if (typeof mode === 'object') {
    const message = `${quoteKey(key)} does not have ETag ${mode.update.etag}: another writer was faster; read it again`;
    return new ObjectStoreError('PreconditionFailed', message, { key });
  }
  return alreadyExists(key);
}

export function alreadyExists(key: string): ObjectStoreError {
  return new ObjectStoreError('AlreadyExists', `${quoteKey(key)} already exists and the mode is "create"`, { key });
}

function ambiguous(key: string): ObjectStoreError {
  const message = `${quoteKey(key)}: the condition fails now, perhaps because an earlier try without an answer was carried out; read the object`;
  return new ObjectStoreError('Ambiguous', message, { key });
}
