import { randomUUID } from 'node:crypto';
import type { ObjectAttributes, UploadedPart } from '@bucket-radio/object-store';
import { discardUpload } from './discard.ts';
import { UploadError } from './error.ts';
import { countParts, partRange, planPartBytes } from './plan.ts';
import type { UploaderSettings } from './settings.ts';
import { settle, withId } from './settle.ts';
import type { UploadStore } from './types.ts';

export interface CopyObjectOptions {
  readonly mode?: 'overwrite' | 'create';
  /** Default: those of the source. An `upload-id` of our own is added. */
  readonly attributes?: ObjectAttributes;
  readonly signal?: AbortSignal;
}

export interface CopyObjectResult {
  readonly etag: string;
  readonly size: number;
  readonly id: string;
}

interface CopyContext {
  readonly store: UploadStore;
  readonly settings: UploaderSettings;
}

/**
 * Copies an object of any size inside the store; no byte passes through this process. Large ones are copied in parts, a
 * few at a time. A lost reply is settled by looking at the copy.
 */
export async function copyObject(
  { store, settings }: CopyContext,
  from: string,
  to: string,
  options: CopyObjectOptions & { readonly id?: string } = {},
): Promise<CopyObjectResult> {
  const { mode = 'overwrite', signal, id = randomUUID() } = options;
  const call = signal === undefined ? {} : { signal };
  const source = await store.head(from, call);
  const { size } = source;
  const attributes = withId(options.attributes ?? source.attributes, id);
  const expected = { key: to, id, size };
  if (size <= Math.min(settings.copyPartBytes, store.capabilities.maxCopyBytes)) {
    const { etag } = await settle(store, expected, () => store.copy(from, to, { ...call, mode, attributes }));
    return { etag, size, id };
  }
  const partBytes = planPartBytes(size, settings.copyPartBytes, store.capabilities.multipart);
  const upload = await store.createMultipart(to, { ...call, attributes });
  try {
    const parts: UploadedPart[] = [];
    const numbers = Array.from({ length: countParts(size, partBytes) }, (_, index) => index + 1).values();
    const lane = async (): Promise<void> => {
      for (const partNumber of numbers) {
        const range = partRange(partNumber, size, partBytes);
        parts.push(await store.copyPart(upload, partNumber, { key: from, range }, call));
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: settings.concurrency }, lane));
    const failed = lanes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    if ((await store.head(from, call)).etag !== source.etag) {
      throw new UploadError('SourceChanged', `${JSON.stringify(from)} was replaced while it was copied; copy it again`);
    }
    const { etag } = await settle(store, expected, () => store.completeMultipart(upload, parts, { ...call, mode }));
    return { etag, size, id };
  } catch (error) {
    await discardUpload(store, upload);
    throw error;
  }
}
