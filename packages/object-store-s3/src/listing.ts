import { DeleteObjectsCommand, ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import {
  batches,
  beginCall,
  type CallOptions,
  type DeleteOutcome,
  deleteMany,
  type FullObjectStore,
  isObjectStoreError,
  isValidKey,
  type ObjectMeta,
  type ObjectStore,
  ObjectStoreError,
  quoteKey,
  throwIfAborted,
  validateKey,
  validatePrefix,
} from '@bucket-radio/object-store';
import type { S3Context } from './context.ts';
import { incompleteAnswer } from './convert.ts';

/** The most that one request deletes. */
const DELETE_BATCH = 1000;
/** Characters that XML cannot hold, or that a parser changes: such keys are deleted one by one. */
const NOT_IN_XML = /[^\x20-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

/** Calls about many objects. */
export function createS3Listing(
  context: S3Context,
  core: ObjectStore,
): Pick<FullObjectStore, 'deleteMany' | 'listWithDelimiter'> {
  const { client, request, where } = context;

  const deleteBatch = async (
    keys: readonly string[],
    call: { readonly signal?: AbortSignal },
  ): Promise<DeleteOutcome[]> => {
    if (keys.length === 0) return [];
    const command = new DeleteObjectsCommand({
      ...where,
      Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
    });
    try {
      const { Errors = [] } = await request({ action: 'delete many', ...call }, (http) => client.send(command, http));
      const failed = new Map(Errors.map(({ Key, Code, Message }) => [Key, refused(Key, Code, Message)]));
      return keys.map((key) => {
        const error = failed.get(key);
        return error === undefined ? { key } : { key, error };
      });
    } catch (error) {
      if (!isObjectStoreError(error) || error.code === 'Aborted' || error.code === 'Timeout') throw error;
      return keys.map((key) => ({ key, error }));
    }
  };

  return {
    async *deleteMany(keys: Iterable<string> | AsyncIterable<string>, options: CallOptions = {}) {
      const call = beginCall(options);
      throwIfAborted(call.signal);
      for await (const batch of batches(keys, DELETE_BATCH)) {
        throwIfAborted(call.signal);
        const invalid = batch.flatMap((key) => invalidKey(key));
        yield* invalid;
        const refusedKeys = new Set(invalid.map(({ key }) => key));
        const valid = batch.filter((key) => !refusedKeys.has(key));
        yield* await deleteBatch(
          valid.filter((key) => !NOT_IN_XML.test(key)),
          call,
        );
        yield* deleteMany(
          core,
          valid.filter((key) => NOT_IN_XML.test(key)),
          call,
        );
      }
    },

    async listWithDelimiter(options = {}) {
      const { prefix = '' } = options;
      validatePrefix(prefix);
      const call = { action: 'list', ...beginCall(options) };
      const objects: ObjectMeta[] = [];
      const prefixes: string[] = [];
      let token: string | undefined;
      do {
        const command: ListObjectsV2Command = new ListObjectsV2Command({
          ...where,
          Prefix: prefix,
          Delimiter: '/',
          EncodingType: 'url',
          ...(token === undefined ? {} : { ContinuationToken: token }),
        });
        const page: ListObjectsV2CommandOutput = await request(call, (http) => client.send(command, http));
        objects.push(...pageEntries(page));
        for (const { Prefix } of page.CommonPrefixes ?? []) {
          const found = decodeKey(Prefix ?? '', page.EncodingType);
          if (isValidKey(found.slice(0, -1))) prefixes.push(found);
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
      return { objects, prefixes };
    },
  };
}

/** The objects of one page whose keys the contract can name; consoles also make `folder/` markers. */
export function* pageEntries(page: ListObjectsV2CommandOutput): Generator<ObjectMeta> {
  for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
    if (Key === undefined || ETag === undefined || LastModified === undefined) throw incompleteAnswer(undefined);
    const key = decodeKey(Key, page.EncodingType);
    if (isValidKey(key)) yield { key, size: Size ?? 0, etag: ETag, lastModified: LastModified };
  }
}

/** "+" is AWS's space; a plus sign itself is always escaped. */
export function decodeKey(key: string, encoding: string | undefined): string {
  return encoding === 'url' ? decodeURIComponent(key.replaceAll('+', ' ')) : key;
}

function invalidKey(key: string): DeleteOutcome[] {
  try {
    validateKey(key);
    return [];
  } catch (error) {
    return isObjectStoreError(error) ? [{ key, error }] : [];
  }
}

function refused(key: string | undefined, code = 'unknown', message = ''): ObjectStoreError {
  const outcome = code === 'AccessDenied' ? 'PermissionDenied' : 'Unavailable';
  return new ObjectStoreError(
    outcome,
    `delete ${quoteKey(key)}: the server refuses (${code}) ${message}`,
    key === undefined ? {} : { key },
  );
}
