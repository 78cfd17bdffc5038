import { hash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { abortedError, callSignal, throwIfAborted } from '../abort.ts';
import { copyAttributes, validateAttributes } from '../attributes.ts';
import { createBody } from '../body.ts';
import { checksumMismatch, validateChecksum } from '../checksum.ts';
import { checkReadConditions, notFound } from '../conditions.ts';
import type { FullObjectStore } from '../full.ts';
import { validatePrefix } from '../key.ts';
import { S3_MULTIPART_LIMITS } from '../parts.ts';
import { resolveRange, validateRange } from '../range.ts';
import { createGetResult } from '../result.ts';
import { deleteMany, getRanges, listWithDelimiter, rename } from '../sugar.ts';
import type { CallOptions, ListOptions, ObjectStore } from '../types.ts';
import { fileBody, readAll } from './body.ts';
import { commitDelete, commitPut } from './commit.ts';
import { hasCode, mapFileError } from './errors.ts';
import { stagingDirectory, validateFileKey } from './layout.ts';
import { createFileMultipart } from './multipart.ts';
import { discardStaged, stageObject, sweepStaging } from './stage.ts';
import { findVersion, metaOf, openVersion } from './version.ts';
import { walkKeys } from './walk.ts';

export interface FileStoreOptions {
  /** Made by the first put when it does not exist; relative to the working directory of this moment. */
  readonly directory: string;
  /** UTC in milliseconds, to tell what a killed process left behind. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * A store in a local directory. An object is a plain file under its key, so other programs can read it; attributes and
 * ETags are kept in `.object-store` beside.
 *
 * - A put is on disk when it resolves, and survives a power cut from then on; killed at any point it leaves the old
 *   object or the new one, each with its own attributes.
 * - `create` is decided by the file system, among all processes, for copies and completed uploads too. `update` is decided among the stores of one process:
 *   let only one process update a key.
 * - Symbolic links inside the directory are not followed; the directory itself may be one.
 * - A file that another program puts there is an object without attributes; one it edits gets a new ETag.
 */
export function createFileStore(options: FileStoreOptions): FullObjectStore {
  const directory = resolve(options.directory);
  const now = options.now ?? Date.now;
  let swept = false;

  const guard = async <Result>(key: string | undefined, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw mapFileError(error, directory, key);
    }
  };

  /** The directory's real path, which every object's real path is compared with; `undefined` while it does not exist. */
  const findRoot = async (): Promise<string | undefined> => {
    try {
      return await realpath(directory);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  };
  const makeRoot = async (): Promise<string> => {
    await mkdir(stagingDirectory(directory), { recursive: true });
    const root = await realpath(directory);
    if (!swept) await sweepStaging(root, now());
    swept = true;
    return root;
  };

  const begin = (key: string, call: CallOptions): AbortSignal | undefined => {
    validateFileKey(key);
    const signal = callSignal(call);
    throwIfAborted(signal, key);
    return signal;
  };

  const core: ObjectStore = {
    name: `file(${directory})`,

    put: (key, body, put = {}) =>
      guard(key, async () => {
        const signal = begin(key, put);
        validateAttributes(put.attributes, key);
        validateChecksum(put.checksum, key);
        const digest = hash('sha256', body, 'hex');
        if (put.checksum !== undefined && put.checksum.sha256 !== digest) throw checksumMismatch(key);
        const etag = `"${digest.slice(0, 32)}"`;
        const root = await makeRoot();
        const staged = await stageObject(root, { key, etag, attributes: copyAttributes(put.attributes) }, body);
        if (signal?.aborted) {
          await discardStaged(staged);
          throw abortedError(key, signal);
        }
        await commitPut(root, key, staged, put.mode ?? 'overwrite');
        return { etag };
      }),

    get: (key, get = {}) =>
      guard(key, async () => {
        const signal = begin(key, get);
        validateRange(get.range, key);
        const root = await findRoot();
        const version = root === undefined ? undefined : await openVersion(root, key);
        if (version === undefined) throw notFound(key);
        try {
          throwIfAborted(signal, key);
          const meta = metaOf(version);
          checkReadConditions(meta, get);
          const range = resolveRange(get.range, meta.size);
          const body = createBody(fileBody(version.handle, range, { directory, key }), { key, signal });
          return createGetResult({ meta, attributes: version.record.attributes, range, body });
        } catch (error) {
          await version.handle.close();
          throw error;
        }
      }),

    head: (key, call = {}) =>
      guard(key, async () => {
        begin(key, call);
        const root = await findRoot();
        const version = root === undefined ? undefined : await findVersion(root, key);
        if (version === undefined) throw notFound(key);
        return { ...metaOf(version), attributes: version.record.attributes };
      }),

    delete: (key, call = {}) =>
      guard(key, async () => {
        begin(key, call);
        const root = await findRoot();
        if (root !== undefined) await commitDelete(root, key);
      }),

    async *list({ prefix = '', ...call }: ListOptions = {}) {
      validatePrefix(prefix);
      const signal = callSignal(call);
      throwIfAborted(signal);
      try {
        const root = await findRoot();
        if (root === undefined) return;
        for await (const key of walkKeys(root, prefix)) {
          throwIfAborted(signal);
          const version = await findVersion(root, key);
          if (version !== undefined) yield metaOf(version);
        }
        throwIfAborted(signal);
      } catch (error) {
        throw mapFileError(error, directory, undefined);
      }
    },
  };

  return {
    ...core,
    ...createFileMultipart({ guard, begin, findRoot, makeRoot, now }),
    capabilities: {
      nestedKeys: false,
      updateAmong: 'process',
      createOnCopy: 'atomic',
      createOnComplete: 'atomic',
      retries: false,
      maxCopyBytes: Number.MAX_SAFE_INTEGER,
      multipart: { ...S3_MULTIPART_LIMITS, minPartBytes: 1 },
    },
    getRanges: (key, ranges, call) => getRanges(core, key, ranges, call),
    deleteMany: (keys, call) => deleteMany(core, keys, call),
    listWithDelimiter: (call) => listWithDelimiter(core, call),

    copy: (from, to, copy = {}) =>
      guard(from, async () => {
        const signal = begin(from, copy);
        validateFileKey(to);
        validateAttributes(copy.attributes, to);
        const root = await makeRoot();
        const version = await openVersion(root, from);
        if (version === undefined) throw notFound(from);
        const { etag, attributes } = version.record;
        const source = fileBody(
          version.handle,
          { start: 0, end: Number(version.stats.size) },
          { directory, key: from },
        );
        try {
          const record = { key: to, etag, attributes: copyAttributes(copy.attributes ?? attributes) };
          const staged = await stageObject(root, record, readAll(source, signal, from));
          await commitPut(root, to, staged, copy.mode ?? 'overwrite');
          return { etag };
        } finally {
          await source.release();
        }
      }),
    rename(from, to, call) {
      return rename(this, from, to, call);
    },
  };
}
