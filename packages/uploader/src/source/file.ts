import { type BigIntStats, read } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { UploadError } from '../error.ts';
import type { RandomSource, ReadRange } from './source.ts';

/** Read at a time. Half a megabyte for each lane is all the memory that a file's upload needs. */
const BUFFER_BYTES = 524_288;

/** @throws UploadError `SourceNotFound`, `SourceUnreadable` */
export async function openFileSource(path: string): Promise<RandomSource> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const before = await handle.stat({ bigint: true });
    if (!before.isFile()) {
      throw new UploadError('SourceUnreadable', `${path} is not a file; name a file, or give a stream of its bytes`);
    }
    const size = Number(before.size);
    return {
      kind: 'random',
      size,
      name: path,
      identity: {
        path: await realpath(path),
        size,
        modifiedNs: String(before.mtimeNs),
        changedNs: String(before.ctimeNs),
        inode: String(before.ino),
      },
      async readWhole() {
        const bytes = new Uint8Array(size);
        for (let at = 0; at < size; ) {
          const { bytesRead } = await handle.read(bytes, at, size - at, at);
          if (bytesRead === 0) throw becameShorter(path, at);
          at += bytesRead;
        }
        return bytes;
      },
      createReader: () => createReader(handle, path),
      async checkUnchanged() {
        const after = await handle.stat({ bigint: true });
        if (isSame(before, after)) return;
        throw new UploadError('SourceChanged', `${path} was changed while it was uploaded; upload it again`);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function createReader(handle: FileHandle, path: string): ReadRange {
  let buffer: Uint8Array | undefined;
  return async function* (start, end) {
    buffer ??= new Uint8Array(BUFFER_BYTES);
    for (let at = start; at < end; ) {
      const bytesRead = await readAt(handle, buffer, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) throw becameShorter(path, at);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  };
}

/** `handle.read` with a fifth of its garbage: it is called twice for each half megabyte. */
function readAt({ fd }: FileHandle, buffer: Uint8Array, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, length, position, (error, bytesRead) => {
      if (error === null) resolve(bytesRead);
      else reject(error);
    });
  });
}

function becameShorter(path: string, at: number): UploadError {
  return new UploadError('SourceChanged', `${path} became shorter while it was read: it ends at byte ${at}`);
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs;
}

function unreadable(path: string, cause: unknown): UploadError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new UploadError('SourceNotFound', `there is no file ${path}`, { cause });
  }
  return new UploadError('SourceUnreadable', `${path} cannot be read (${code || String(cause)})`, { cause });
}
