import { callSignal, throwIfAborted } from './abort.ts';
import { copyAttributes, validateAttributes } from './attributes.ts';
import { createBody } from './body.ts';
import { contentEtag, validateChecksum, verifyChecksum } from './checksum.ts';
import { checkPutMode, checkReadConditions, notFound } from './conditions.ts';
import type { FullObjectStore } from './full.ts';
import { compareKeys, validateKey, validatePrefix } from './key.ts';
import { createMemoryMultipart } from './memory-multipart.ts';
import type { MultipartLimits } from './multipart.ts';
import { resolveRange, validateRange } from './range.ts';
import { createGetResult } from './result.ts';
import { deleteMany, getRanges, listWithDelimiter, rename } from './sugar.ts';
import type { CallOptions, ListOptions, ObjectAttributes, ObjectMeta, ObjectStore } from './types.ts';

export interface MemoryStoreOptions {
  /** UTC in milliseconds, for `lastModified`. Default `Date.now`. */
  readonly now?: () => number;
  /** Limits to keep, so that a test can meet them early. By default parts of any size, 10,000 of them. */
  readonly multipart?: Partial<MultipartLimits>;
}

export interface StoredObject {
  readonly meta: ObjectMeta;
  readonly attributes: ObjectAttributes;
  readonly bytes: Uint8Array;
}

/** A store in this process's memory, for tests and as the model that other stores are compared with. Runs anywhere. */
export function createMemoryStore(options: MemoryStoreOptions = {}): FullObjectStore {
  const now = options.now ?? Date.now;
  const objects = new Map<string, StoredObject>();

  const find = (key: string): StoredObject => {
    const object = objects.get(key);
    if (object === undefined) throw notFound(key);
    return object;
  };
  const begin = (key: string, call: CallOptions): AbortSignal | undefined => {
    validateKey(key);
    const signal = callSignal(call);
    throwIfAborted(signal, key);
    return signal;
  };
  const place = (key: string, bytes: Uint8Array, etag: string, attributes: ObjectAttributes): void => {
    objects.set(key, { meta: { key, size: bytes.length, etag, lastModified: new Date(now()) }, attributes, bytes });
  };
  const limits: MultipartLimits = {
    minPartBytes: 1,
    maxPartBytes: 5 * 1024 ** 3,
    maxParts: 10_000,
    equalParts: false,
    ...options.multipart,
  };

  const core: ObjectStore = {
    name: 'memory',

    async put(key, body, put = {}) {
      const signal = begin(key, put);
      validateAttributes(put.attributes, key);
      validateChecksum(put.checksum, key);
      const bytes = new Uint8Array(body);
      const attributes = copyAttributes(put.attributes);
      const etag = await contentEtag(bytes);
      await verifyChecksum(bytes, put.checksum, key);
      throwIfAborted(signal, key);
      // From here on nothing waits: the check and the change are one step.
      checkPutMode(key, put.mode, objects.get(key)?.meta.etag);
      place(key, bytes, etag, attributes);
      return { etag };
    },

    async get(key, get = {}) {
      const signal = begin(key, get);
      validateRange(get.range, key);
      const { meta, attributes, bytes } = find(key);
      checkReadConditions(meta, get);
      const range = resolveRange(get.range, meta.size);
      let rest: Uint8Array | undefined = range.start < range.end ? bytes.slice(range.start, range.end) : undefined;
      const source = {
        read: async () => {
          const chunk = rest;
          rest = undefined;
          return chunk;
        },
        release: () => {},
      };
      const body = createBody(source, { key, signal });
      return createGetResult({ meta: copyMeta(meta), attributes: copyAttributes(attributes), range, body });
    },

    async head(key, call = {}) {
      begin(key, call);
      const { meta, attributes } = find(key);
      return { ...copyMeta(meta), attributes: copyAttributes(attributes) };
    },

    async delete(key, call = {}) {
      begin(key, call);
      objects.delete(key);
    },

    async *list({ prefix = '', ...call }: ListOptions = {}) {
      validatePrefix(prefix);
      const signal = callSignal(call);
      for (const key of [...objects.keys()].filter((name) => name.startsWith(prefix)).sort(compareKeys)) {
        throwIfAborted(signal);
        const object = objects.get(key);
        if (object !== undefined) yield copyMeta(object.meta);
      }
      throwIfAborted(signal);
    },
  };

  return {
    ...core,
    ...createMemoryMultipart({ objects, limits, now, place }),
    capabilities: {
      nestedKeys: true,
      updateAmong: 'everyone',
      createOnCopy: 'atomic',
      createOnComplete: 'atomic',
      retries: false,
      maxCopyBytes: Number.MAX_SAFE_INTEGER,
      multipart: limits,
    },
    getRanges: (key, ranges, call) => getRanges(core, key, ranges, call),
    deleteMany: (keys, call) => deleteMany(core, keys, call),
    listWithDelimiter: (call) => listWithDelimiter(core, call),

    async copy(from, to, copy = {}) {
      begin(from, copy);
      validateKey(to);
      validateAttributes(copy.attributes, to);
      const { meta, attributes, bytes } = find(from);
      checkPutMode(to, copy.mode, objects.get(to)?.meta.etag);
      place(to, bytes, meta.etag, copyAttributes(copy.attributes ?? attributes));
      return { etag: meta.etag };
    },
    rename(from, to, call) {
      return rename(this, from, to, call);
    },
  };
}

function copyMeta(meta: ObjectMeta): ObjectMeta {
  return { ...meta, lastModified: new Date(meta.lastModified) };
}
