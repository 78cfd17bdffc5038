import { type FullObjectStore, isFullObjectStore } from '../full.ts';
import { createGetResult } from '../result.ts';
import type { CallOptions, GetResult, ObjectStore } from '../types.ts';

/** The methods of a store that wrappers see. */
export type Operation =
  | 'put'
  | 'get'
  | 'head'
  | 'delete'
  | 'list'
  | 'getRanges'
  | 'deleteMany'
  | 'listWithDelimiter'
  | 'copy'
  | 'rename'
  | 'createMultipart'
  | 'putPart'
  | 'copyPart'
  | 'completeMultipart'
  | 'abortMultipart'
  | 'listParts'
  | 'listMultiparts'
  | 'signUrl';

export interface StoreCall {
  readonly operation: Operation;
  readonly key: string | undefined;
  readonly options: CallOptions;
  /** Bytes that the call sends. */
  readonly sends: number;
}

/** Behaviour around every call of a store. */
export interface Around {
  /** Around a call that gives one answer; for `get` until there is a body. */
  call<Result>(call: StoreCall, work: (options: CallOptions) => Promise<Result>): Promise<Result>;
  /** Around a listing, from its first item to its last. By default nothing. */
  iterate?<Item>(call: StoreCall, work: (options: CallOptions) => AsyncIterable<Item>): AsyncIterable<Item>;
  /** Around the body of a `get`. By default nothing. */
  body?(call: StoreCall, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>;
}

/**
 * A store of the same kind with something around every call, so that a wrapper says its idea once and not for each of
 * the methods. What wraps a {@link FullObjectStore} is one.
 */
export function wrapStore(store: FullObjectStore, name: string, around: Around): FullObjectStore;
export function wrapStore(store: ObjectStore, name: string, around: Around): ObjectStore;
export function wrapStore(store: ObjectStore, name: string, around: Around): ObjectStore {
  const call = <Result, Options extends CallOptions>(
    operation: Operation,
    key: string | undefined,
    options: Options | undefined,
    work: (options: Options) => Promise<Result>,
    sends = 0,
  ): Promise<Result> => {
    const given = options ?? ({} as Options);
    return around.call({ operation, key, options: given, sends }, (changed) => work({ ...given, ...changed }));
  };
  const iterate = <Item, Options extends CallOptions>(
    operation: Operation,
    key: string | undefined,
    options: Options | undefined,
    work: (options: Options) => AsyncIterable<Item>,
  ): AsyncIterable<Item> => {
    const given = options ?? ({} as Options);
    const inner = (changed: CallOptions): AsyncIterable<Item> => work({ ...given, ...changed });
    return around.iterate?.({ operation, key, options: given, sends: 0 }, inner) ?? inner(given);
  };
  const wrapBody = (key: string, options: CallOptions, result: GetResult): GetResult => {
    if (around.body === undefined) return result;
    const body = around.body({ operation: 'get', key, options, sends: 0 }, result.body);
    return createGetResult({ meta: result.meta, attributes: result.attributes, range: result.range, body });
  };

  const core: ObjectStore = {
    name: `${name}(${store.name})`,
    put: (key, body, options) => call('put', key, options, (given) => store.put(key, body, given), body.length),
    get: async (key, options = {}) =>
      wrapBody(key, options, await call('get', key, options, (given) => store.get(key, given))),
    head: (key, options) => call('head', key, options, (given) => store.head(key, given)),
    delete: (key, options) => call('delete', key, options, (given) => store.delete(key, given)),
    list: (options) => iterate('list', options?.prefix, options, (given) => store.list(given)),
  };
  if (!isFullObjectStore(store)) return core;

  const full: FullObjectStore = {
    ...core,
    capabilities: store.capabilities,
    getRanges: (key, ranges, options) =>
      call('getRanges', key, options, (given) => store.getRanges(key, ranges, given)),
    deleteMany: (keys, options) => iterate('deleteMany', undefined, options, (given) => store.deleteMany(keys, given)),
    listWithDelimiter: (options) =>
      call('listWithDelimiter', options?.prefix, options, (given) => store.listWithDelimiter(given)),
    copy: (from, to, options) => call('copy', from, options, (given) => store.copy(from, to, given)),
    rename: (from, to, options) => call('rename', from, options, (given) => store.rename(from, to, given)),
    createMultipart: (key, options) =>
      call('createMultipart', key, options, (given) => store.createMultipart(key, given)),
    putPart: (upload, partNumber, body, options) =>
      call(
        'putPart',
        upload.key,
        options,
        (given) => store.putPart(upload, partNumber, body, given),
        body instanceof Uint8Array ? body.length : body.size,
      ),
    copyPart: (upload, partNumber, from, options) =>
      call('copyPart', upload.key, options, (given) => store.copyPart(upload, partNumber, from, given)),
    completeMultipart: (upload, parts, options) =>
      call('completeMultipart', upload.key, options, (given) => store.completeMultipart(upload, parts, given)),
    abortMultipart: (upload, options) =>
      call('abortMultipart', upload.key, options, (given) => store.abortMultipart(upload, given)),
    listParts: (upload, options) =>
      iterate('listParts', upload.key, options, (given) => store.listParts(upload, given)),
    listMultiparts: (options) =>
      iterate('listMultiparts', options?.prefix, options, (given) => store.listMultiparts(given)),
  };
  const { signer } = store;
  return signer === undefined ? full : Object.assign(full, { signer });
}
