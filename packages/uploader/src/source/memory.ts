import { UploadError } from '../error.ts';
import type { RandomSource } from './source.ts';

/** Pieces that progress is counted by. */
const CHUNK_BYTES = 262_144;

/** Bytes in memory are sent as they lie there, without a copy; they must not change until the upload is over. */
export function bytesSource(bytes: Uint8Array): RandomSource {
  return {
    kind: 'random',
    size: bytes.length,
    readWhole: async () => bytes,
    createReader: () =>
      async function* (start, end) {
        yield* chunksOf(bytes.subarray(start, end));
      },
    checkUnchanged: async () => {},
    close: async () => {},
  };
}

/** A `Blob`, or a `File` of a browser or of `fs.openAsBlob`. */
export function blobSource(blob: Blob): RandomSource {
  const name = 'name' in blob && typeof blob.name === 'string' ? { name: blob.name } : {};
  return {
    kind: 'random',
    size: blob.size,
    ...name,
    readWhole: async () => {
      try {
        return new Uint8Array(await blob.arrayBuffer());
      } catch (cause) {
        throw gone(cause);
      }
    },
    createReader: () =>
      async function* (start, end) {
        try {
          yield* blob.slice(start, end).stream();
        } catch (cause) {
          throw gone(cause);
        }
      },
    checkUnchanged: async () => {},
    close: async () => {},
  };
}

function gone(cause: unknown): UploadError {
  return new UploadError('SourceChanged', 'the blob cannot be read any more; was its file changed?', { cause });
}

export function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}
