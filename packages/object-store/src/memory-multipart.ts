import { callSignal, throwIfAborted } from './abort.ts';
import { copyAttributes, validateAttributes } from './attributes.ts';
import { collectBody, contentEtag, validateChecksum, verifyChecksum } from './checksum.ts';
import { checkPutMode, notFound } from './conditions.ts';
import { compareKeys, validateKey, validatePrefix } from './key.ts';
import type { StoredObject } from './memory.ts';
import type { MultipartLimits, MultipartStore, MultipartUpload, UploadedPart } from './multipart.ts';
import { noSuchUpload, selectParts, validatePartNumber } from './parts.ts';
import { requireWithin } from './range.ts';
import type { CallOptions, ObjectAttributes } from './types.ts';

interface StoredPart extends UploadedPart {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface StoredUpload {
  readonly key: string;
  readonly attributes: ObjectAttributes;
  readonly startedAt: Date;
  readonly parts: Map<number, StoredPart>;
}

export interface MemoryMultipartContext {
  readonly objects: ReadonlyMap<string, StoredObject>;
  readonly limits: MultipartLimits;
  readonly now: () => number;
  readonly place: (key: string, bytes: Uint8Array, etag: string, attributes: ObjectAttributes) => void;
}

/** Multipart uploads of the memory store. */
export function createMemoryMultipart({ objects, limits, now, place }: MemoryMultipartContext): MultipartStore {
  const uploads = new Map<string, StoredUpload>();
  let lastId = 0;

  const begin = (key: string, call: CallOptions): AbortSignal | undefined => {
    validateKey(key);
    const signal = callSignal(call);
    throwIfAborted(signal, key);
    return signal;
  };
  const find = (upload: MultipartUpload): StoredUpload => {
    const found = uploads.get(upload.uploadId);
    if (found === undefined || found.key !== upload.key) throw noSuchUpload(upload);
    return found;
  };
  const addPart = async (
    upload: MultipartUpload,
    partNumber: number,
    bytes: Uint8Array<ArrayBuffer>,
    signal: AbortSignal | undefined,
  ): Promise<UploadedPart> => {
    const part = { partNumber, etag: await contentEtag(bytes), size: bytes.length };
    throwIfAborted(signal, upload.key);
    find(upload).parts.set(partNumber, { ...part, bytes });
    return part;
  };

  return {
    async createMultipart(key, call = {}) {
      begin(key, call);
      validateAttributes(call.attributes, key);
      lastId++;
      const uploadId = `memory-${lastId}`;
      uploads.set(uploadId, {
        key,
        attributes: copyAttributes(call.attributes),
        startedAt: new Date(now()),
        parts: new Map(),
      });
      return { key, uploadId };
    },

    async putPart(upload, partNumber, body, call = {}) {
      const signal = begin(upload.key, call);
      validatePartNumber(partNumber, limits, upload.key);
      validateChecksum(call.checksum, upload.key);
      find(upload);
      const bytes = await collectBody(body, upload.key);
      await verifyChecksum(bytes, call.checksum, upload.key);
      return addPart(upload, partNumber, bytes, signal);
    },

    async copyPart(upload, partNumber, from, call = {}) {
      const signal = begin(upload.key, call);
      validateKey(from.key);
      validatePartNumber(partNumber, limits, upload.key);
      find(upload);
      const source = objects.get(from.key);
      if (source === undefined) throw notFound(from.key);
      const { start, end } = requireWithin(from.range, source.meta.size, from.key);
      return addPart(upload, partNumber, source.bytes.slice(start, end) as Uint8Array<ArrayBuffer>, signal);
    },

    async completeMultipart(upload, named, call = {}) {
      const signal = begin(upload.key, call);
      const { key, attributes, parts } = find(upload);
      const chosen = selectParts(key, named, parts, limits);
      const bytes = new Uint8Array(chosen.reduce((sum, { size }) => sum + size, 0));
      let at = 0;
      for (const part of chosen) {
        bytes.set(part.bytes, at);
        at += part.size;
      }
      const etag = `${(await contentEtag(bytes)).slice(0, -1)}-${chosen.length}"`;
      throwIfAborted(signal, key);
      find(upload);
      checkPutMode(key, call.mode, objects.get(key)?.meta.etag);
      place(key, bytes, etag, attributes);
      uploads.delete(upload.uploadId);
      return { etag };
    },

    async abortMultipart(upload, call = {}) {
      begin(upload.key, call);
      uploads.delete(upload.uploadId);
    },

    async *listParts(upload, call = {}) {
      const signal = begin(upload.key, call);
      const parts = [...find(upload).parts.values()].sort((a, b) => a.partNumber - b.partNumber);
      for (const { partNumber, etag, size } of parts) {
        throwIfAborted(signal, upload.key);
        yield { partNumber, etag, size };
      }
    },

    async *listMultiparts({ prefix = '', ...call } = {}) {
      validatePrefix(prefix);
      const signal = callSignal(call);
      throwIfAborted(signal);
      const found = [...uploads].filter(([, { key }]) => key.startsWith(prefix));
      for (const [uploadId, { key, startedAt }] of found.sort(([, a], [, b]) => compareKeys(a.key, b.key))) {
        throwIfAborted(signal);
        if (uploads.has(uploadId)) yield { key, uploadId, startedAt };
      }
    },
  };
}
