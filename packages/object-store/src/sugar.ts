import { beginCall, throwIfAborted } from './abort.ts';
import { isObjectStoreError, ObjectStoreError } from './error.ts';
import type { CopyOptions, CopyStore, DeleteOutcome, DirectoryListing, RangesOptions } from './full.ts';
import { compareKeys, validateKey } from './key.ts';
import { validateRange } from './range.ts';
import type { ByteRange, CallOptions, ObjectMeta, ObjectStore, PutResult } from './types.ts';

/** Ranges no further apart than this are read at once: a request costs more than the bytes between. */
const JOIN_GAP_BYTES = 65_536;
const REQUESTS_AT_A_TIME = 8;

interface Span {
  readonly start: number;
  end: number;
  readonly members: { readonly index: number; readonly start: number; readonly end: number }[];
}

/** {@link FullObjectStore.getRanges} for any store: near ranges are joined, the rest read at the same time. */
export async function getRanges(
  store: ObjectStore,
  key: string,
  ranges: readonly ByteRange[],
  options: RangesOptions = {},
): Promise<Uint8Array[]> {
  validateKey(key);
  for (const range of ranges) validateRange(range, key);
  const call = beginCall(options);
  throwIfAborted(call.signal, key);
  const results: Uint8Array[] = ranges.map(() => new Uint8Array());
  let etag = options.ifMatch;
  const read = async (range: ByteRange): Promise<Uint8Array> => {
    const result = await store.get(key, { ...call, range, ...(etag === undefined ? {} : { ifMatch: etag }) });
    etag ??= result.meta.etag;
    return result.bytes();
  };
  const work: (() => Promise<void>)[] = joinNear(ranges).map((span) => async () => {
    const bytes = await read({ start: span.start, ...(Number.isFinite(span.end) ? { end: span.end } : {}) });
    for (const { index, start, end } of span.members) {
      results[index] = bytes.slice(start - span.start, end - span.start);
    }
  });
  ranges.forEach((range, index) => {
    if ('suffix' in range) {
      work.push(async () => {
        results[index] = await read(range);
      });
    }
  });
  // The first answer says which version all others must be of.
  await work.shift()?.();
  await inParallel(work, REQUESTS_AT_A_TIME, (one) => one());
  return results;
}

function joinNear(ranges: readonly ByteRange[]): Span[] {
  const ordered = ranges
    .flatMap((range, index) =>
      'suffix' in range ? [] : [{ index, start: range.start, end: range.end ?? Number.POSITIVE_INFINITY }],
    )
    .sort((a, b) => a.start - b.start);
  const spans: Span[] = [];
  for (const member of ordered) {
    const last = spans.at(-1);
    if (last !== undefined && member.start - last.end <= JOIN_GAP_BYTES) {
      last.end = Math.max(last.end, member.end);
      last.members.push(member);
    } else {
      spans.push({ start: member.start, end: member.end, members: [member] });
    }
  }
  return spans;
}

/** {@link FullObjectStore.deleteMany} by single deletes, eight at a time. */
export async function* deleteMany(
  store: ObjectStore,
  keys: Iterable<string> | AsyncIterable<string>,
  options: CallOptions = {},
): AsyncGenerator<DeleteOutcome> {
  const call = beginCall(options);
  throwIfAborted(call.signal);
  for await (const batch of batches(keys, REQUESTS_AT_A_TIME)) {
    throwIfAborted(call.signal);
    yield* await Promise.all(
      batch.map((key) =>
        store.delete(key, call).then(
          () => ({ key }),
          (error: unknown) => ({ key, error: storeErrorOf(error) }),
        ),
      ),
    );
  }
}

/** Groups of up to `size` items, in order. */
export async function* batches<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  size: number,
): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** {@link FullObjectStore.listWithDelimiter} from a whole listing. */
export async function listWithDelimiter(
  store: ObjectStore,
  options: CallOptions & { readonly prefix?: string } = {},
): Promise<DirectoryListing> {
  const { prefix = '' } = options;
  const objects: ObjectMeta[] = [];
  const prefixes = new Set<string>();
  for await (const meta of store.list({ ...beginCall(options), prefix })) {
    const slash = meta.key.indexOf('/', prefix.length);
    if (slash === -1) objects.push(meta);
    else prefixes.add(meta.key.slice(0, slash + 1));
  }
  return { objects, prefixes: [...prefixes].sort(compareKeys) };
}

/** {@link CopyStore.rename}: a copy, then a delete. */
export async function rename(
  store: ObjectStore & Pick<CopyStore, 'copy'>,
  from: string,
  to: string,
  options: CopyOptions = {},
): Promise<PutResult> {
  const { timeoutMs: _, ...rest } = options;
  const call = { ...rest, ...beginCall(options) };
  const result = await store.copy(from, to, call);
  if (from !== to) await store.delete(from, beginCall(call));
  return result;
}

/** Runs `work` for every item, `width` at a time; the first error stops the rest. */
async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

function storeErrorOf(error: unknown): ObjectStoreError {
  if (isObjectStoreError(error)) return error;
  return new ObjectStoreError('Unavailable', `a delete failed: ${String(error)}`, { cause: error });
}
