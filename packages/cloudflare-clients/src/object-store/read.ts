import {
  type ByteRange,
  createBody,
  createGetResult,
  type GetOptions,
  type GetResult,
  isObjectStoreError,
  ObjectStoreError,
  quoteKey,
  resolveRange,
  validateKey,
  validateRange,
} from '@bucket-radio/object-store';
import type { R2Object, R2ObjectBody, R2Range } from '@cloudflare/workers-types';
import { isRetryable } from '../failure.ts';
import { askR2, beginR2Call } from './call.ts';
import type { R2StoreContext } from './context.ts';
import { attributesOf, bareEtag, metaOf } from './convert.ts';
import { storeError } from './outcome.ts';

type Found = { readonly object: R2Object; readonly body?: R2ObjectBody };

/** The contract's `get` on a binding. */
export async function getObject(context: R2StoreContext, key: string, options: GetOptions = {}): Promise<GetResult> {
  validateKey(key);
  validateRange(options.range, key);
  const signal = beginR2Call(options, key);
  const { object, body } = await askR2(context.policy, { action: 'get', key, signal }, () =>
    find(context, key, options),
  );
  const range = body === undefined ? emptyRange(options.range, object.size) : rangeOf(object);
  const size = range.end - range.start;
  return createGetResult({
    meta: metaOf(object),
    attributes: attributesOf(object),
    range,
    body: createBody(bodySource(key, body, size), { key, signal }),
  });
}

/** A range that holds no byte is not asked for: R2 refuses it. */
async function find({ bucket }: R2StoreContext, key: string, options: GetOptions): Promise<Found> {
  if (isEmpty(options.range)) return { object: await headFor(bucket, key, options) };
  try {
    const range = toR2Range(options.range);
    const found = await bucket.get(key, { ...(range === undefined ? {} : { range }), onlyIf: conditionOf(options) });
    if (found === null) throw notFound(key);
    return await checked(found, options);
  } catch (error) {
    if (options.range === undefined || isObjectStoreError(error) || isRetryable(error)) throw error;
    const empty = await emptyRead(bucket, key, options);
    if (empty === undefined) throw error;
    return { object: empty };
  }
}

async function checked(found: R2Object | R2ObjectBody, options: GetOptions): Promise<Found> {
  try {
    checkConditions(found, options);
  } catch (error) {
    // R2 was not asked about this ETag, and sends a body that nobody will read.
    if ('body' in found) await found.body.cancel();
    throw error;
  }
  if (!('body' in found)) throw new Error('R2 gave no body');
  return { object: found, body: found };
}

/** The object, when the range asked of it begins at its end or past it: R2 refuses such a range in several ways. */
async function emptyRead(
  bucket: R2StoreContext['bucket'],
  key: string,
  options: GetOptions,
): Promise<R2Object | undefined> {
  const object = await headFor(bucket, key, options);
  const { start, end } = resolveRange(options.range, object.size);
  return start < end ? undefined : object;
}

async function headFor(bucket: R2StoreContext['bucket'], key: string, options: GetOptions): Promise<R2Object> {
  const object = await bucket.head(key);
  if (object === null) throw notFound(key);
  checkConditions(object, options);
  return object;
}

function conditionOf({ ifMatch, ifNoneMatch }: GetOptions): { etagMatches?: string; etagDoesNotMatch?: string } {
  const matches = ifMatch === undefined ? undefined : bareEtag(ifMatch);
  const differs = ifNoneMatch === undefined ? undefined : bareEtag(ifNoneMatch);
  return {
    ...(matches === undefined ? {} : { etagMatches: matches }),
    ...(differs === undefined ? {} : { etagDoesNotMatch: differs }),
  };
}

/** Also decides on ETags that the binding was not asked about. */
function checkConditions({ key, httpEtag }: R2Object, { ifMatch, ifNoneMatch }: GetOptions): void {
  if (ifMatch !== undefined && ifMatch !== httpEtag) {
    throw new ObjectStoreError('PreconditionFailed', `${quoteKey(key)} has ETag ${httpEtag}, not ${ifMatch}`, { key });
  }
  if (ifNoneMatch === httpEtag) {
    throw new ObjectStoreError('NotModified', `${quoteKey(key)} still has ETag ${httpEtag}`, { key });
  }
}

function isEmpty(range: ByteRange | undefined): boolean {
  if (range === undefined) return false;
  return 'suffix' in range ? range.suffix === 0 : range.start === range.end;
}

function toR2Range(range: ByteRange | undefined): R2Range | undefined {
  if (range === undefined) return undefined;
  if ('suffix' in range) return { suffix: range.suffix };
  return range.end === undefined ? { offset: range.start } : { offset: range.start, length: range.end - range.start };
}

function emptyRange(range: ByteRange | undefined, size: number): { start: number; end: number } {
  const { start } = resolveRange(range, size);
  return { start, end: start };
}

/** The bytes that R2 says it sends. */
function rangeOf({ range, size }: R2Object): { start: number; end: number } {
  // The runtime's object has all three names, whatever it means.
  const { offset: start = 0, length, suffix } = (range ?? {}) as { offset?: number; length?: number; suffix?: number };
  if (suffix !== undefined) return resolveRange({ suffix }, size);
  return resolveRange(length === undefined ? { start } : { start, end: start + length }, size);
}

function bodySource(key: string, object: R2ObjectBody | undefined, size: number): Parameters<typeof createBody>[0] {
  const reader = object?.body.getReader() as { read(): Promise<ReadResult>; cancel(): Promise<void> } | undefined;
  let left = size;
  return {
    async read() {
      if (reader === undefined) return undefined;
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw storeError(error, 'reading', key, 1);
      });
      if (done || value === undefined) {
        if (left > 0) throw cutShort(key, size - left, size);
        return undefined;
      }
      left -= value.length;
      return value;
    },
    release: () => reader?.cancel().catch(() => {}),
  };
}

interface ReadResult {
  readonly done: boolean;
  readonly value?: Uint8Array;
}

function cutShort(key: string, arrived: number, size: number): ObjectStoreError {
  const message = `${quoteKey(key)}: only ${arrived} of ${size} bytes arrived; try again`;
  return new ObjectStoreError('Unavailable', message, { key });
}

export function notFound(key: string): ObjectStoreError {
  return new ObjectStoreError('NotFound', `there is no object ${quoteKey(key)}`, { key });
}
