import { fileURLToPath } from 'node:url';
import { UploadError } from '../error.ts';
import type { UploadSource } from '../types.ts';
import { openFileSource } from './file.ts';
import { blobSource, bytesSource } from './memory.ts';
import type { RandomSource, SequentialSource } from './source.ts';
import { streamSource } from './stream.ts';

/** @throws UploadError when it is none of the kinds of source, or cannot be opened */
export async function openSource(
  source: UploadSource,
  size: number | undefined,
): Promise<RandomSource | SequentialSource> {
  if (typeof source === 'string') return openFileSource(source);
  if (source instanceof URL) return openFileSource(fileURLToPath(source));
  if (source instanceof Uint8Array) return bytesSource(source);
  if (source instanceof Blob) return blobSource(source);
  if (typeof source === 'object' && source !== null && Symbol.asyncIterator in source)
    return streamSource(source, size);
  throw new UploadError('SourceUnreadable', 'the source is no path, bytes, Blob or stream of bytes');
}
