import { isObjectStoreError, ObjectStoreError } from './error.ts';
import { type FullObjectStore, isFullObjectStore, type Signer } from './full.ts';
import { validateKey, validatePrefix } from './key.ts';
import type { MultipartUpload } from './multipart.ts';
import type { ListOptions, ObjectMeta, ObjectStore } from './types.ts';

/**
 * A view of the objects of `store` whose keys start with `prefix/`; keys are given and returned without it.
 * Whoever holds only the view cannot reach other objects. The prefix counts towards a key's 1024 bytes.
 *
 * @param prefix e.g. `live` or `archive/2026`; one trailing `/` is allowed
 * @throws ObjectStoreError `InvalidPath` when `prefix` is not a valid key
 */
export function withPrefix(store: FullObjectStore, prefix: string): FullObjectStore;
export function withPrefix(store: ObjectStore, prefix: string): ObjectStore;
export function withPrefix(store: ObjectStore, prefix: string): ObjectStore {
  const base = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  validateKey(base);
  const full = (key: string): string => {
    validateKey(key);
    return `${base}/${key}`;
  };
  const short = <Meta extends ObjectMeta>(meta: Meta): Meta => ({ ...meta, key: meta.key.slice(base.length + 1) });

  /** Errors carry the key that the caller used. */
  const translate = (error: unknown): unknown => {
    if (!isObjectStoreError(error) || error.key === undefined || !error.key.startsWith(`${base}/`)) return error;
    const { code, message, attempts, cause } = error;
    return new ObjectStoreError(code, message, { key: error.key.slice(base.length + 1), attempts, cause });
  };
  const iterate = async function* <Item>(items: () => AsyncIterable<Item>): AsyncGenerator<Item> {
    try {
      yield* items();
    } catch (error) {
      throw translate(error);
    }
  };
  const call = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw translate(error);
    }
  };

  const core: ObjectStore = {
    name: `${store.name}/${base}`,
    put: (key, body, options) => call(() => store.put(full(key), body, options)),
    get: (key, options) =>
      call(async () => {
        const result = await store.get(full(key), options);
        return { ...result, meta: short(result.meta) };
      }),
    head: (key, options) => call(async () => short(await store.head(full(key), options))),
    delete: (key, options) => call(() => store.delete(full(key), options)),
    async *list(options: ListOptions = {}) {
      const within = options.prefix ?? '';
      validatePrefix(within);
      for await (const meta of iterate(() => store.list({ ...options, prefix: `${base}/${within}` }))) {
        yield short(meta);
      }
    },
  };
  if (!isFullObjectStore(store)) return core;

  const fullUpload = ({ key, uploadId }: MultipartUpload): MultipartUpload => ({ key: full(key), uploadId });
  const whole: FullObjectStore = {
    ...core,
    capabilities: store.capabilities,
    getRanges: (key, ranges, options) => call(() => store.getRanges(full(key), ranges, options)),
    async *deleteMany(keys, options) {
      const fullKeys = async function* (): AsyncGenerator<string> {
        for await (const key of keys) yield full(key);
      };
      for await (const { key, error } of iterate(() => store.deleteMany(fullKeys(), options))) {
        const mine = { key: key.slice(base.length + 1) };
        yield error === undefined ? mine : { ...mine, error: translate(error) as ObjectStoreError };
      }
    },
    listWithDelimiter: (options = {}) =>
      call(async () => {
        const within = options.prefix ?? '';
        validatePrefix(within);
        const { objects, prefixes } = await store.listWithDelimiter({ ...options, prefix: `${base}/${within}` });
        return { objects: objects.map(short), prefixes: prefixes.map((each) => each.slice(base.length + 1)) };
      }),
    copy: (from, to, options) => call(() => store.copy(full(from), full(to), options)),
    rename: (from, to, options) => call(() => store.rename(full(from), full(to), options)),
    createMultipart: (key, options) =>
      call(async () => ({ key, uploadId: (await store.createMultipart(full(key), options)).uploadId })),
    putPart: (upload, partNumber, body, options) =>
      call(() => store.putPart(fullUpload(upload), partNumber, body, options)),
    copyPart: (upload, partNumber, from, options) =>
      call(() => store.copyPart(fullUpload(upload), partNumber, { ...from, key: full(from.key) }, options)),
    completeMultipart: (upload, parts, options) =>
      call(() => store.completeMultipart(fullUpload(upload), parts, options)),
    abortMultipart: (upload, options) => call(() => store.abortMultipart(fullUpload(upload), options)),
    async *listParts(upload, options) {
      const within = fullUpload(upload);
      yield* iterate(() => store.listParts(within, options));
    },
    async *listMultiparts(options = {}) {
      const within = options.prefix ?? '';
      validatePrefix(within);
      for await (const upload of iterate(() => store.listMultiparts({ ...options, prefix: `${base}/${within}` }))) {
        yield { ...upload, key: upload.key.slice(base.length + 1) };
      }
    },
  };
  const { signer } = store;
  if (signer === undefined) return whole;
  const signUrl: Signer['signUrl'] = (method, key, options) => call(() => signer.signUrl(method, full(key), options));
  return Object.assign(whole, { signer: { signUrl } });
}
