import type { MultipartUpload, UploadedPart } from '@bucket-radio/object-store';
import type { UploadContext } from './context.ts';
import type { SentPart } from './lanes.ts';

/** A piece of a stream that waits under the staging prefix. */
export interface Piece {
  readonly key: string;
  readonly size: number;
  readonly parts: readonly SentPart[];
}

/**
 * Copies pieces into an upload, in order, in parts of equal size: so many stream parts as divide a full piece and come
 * closest to `copyPartBytes`. Only the last part of the last piece may be shorter.
 */
export async function joinPieces(
  { store, settings, control }: UploadContext,
  upload: MultipartUpload,
  pieces: readonly Piece[],
  plan: { readonly firstPart: number; readonly partBytes: number },
): Promise<UploadedPart[]> {
  const { maxParts, maxPartBytes } = store.capabilities.multipart;
  const most = Math.min(maxPartBytes, Math.max(settings.copyPartBytes, plan.partBytes));
  const copyBytes = plan.partBytes * greatestDivisor(maxParts, Math.floor(most / plan.partBytes));
  const copied: UploadedPart[] = [];
  for (const { key, size } of pieces) {
    for (let start = 0; start < size; start += copyBytes) {
      await control.ready();
      const range = { start, end: Math.min(size, start + copyBytes) };
      const partNumber = plan.firstPart + copied.length;
      copied.push(await store.copyPart(upload, partNumber, { key, range }, { signal: control.signal }));
    }
  }
  return copied;
}

/** The greatest divisor of `number` that is no greater than `most`. */
export function greatestDivisor(number: number, most: number): number {
  for (let divisor = Math.min(number, Math.max(1, most)); divisor > 1; divisor--) {
    if (number % divisor === 0) return divisor;
  }
  return 1;
}
