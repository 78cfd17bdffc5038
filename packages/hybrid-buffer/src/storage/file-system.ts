import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HybridBufferError } from '../error.ts';
import type { StorageBackend, StorageFactory } from './storage.ts';

export interface FileSystemOptions {
  /** Where the files are; made when it does not exist and its parent does. Default: the system's directory for temporary files. */
  readonly dir?: string;
  /** What the files' names begin with; default `hybridbuffer`. */
  readonly prefix?: string;
}

/**
 * One file for each buffer, `{dir}/{prefix}-{16 hex}.bin`, readable by its owner only and removed on close. A process
 * that is killed leaves its files; with encryption nobody can read them, not even a later process.
 *
 * @throws HybridBufferError `InvalidOption`
 */
export function fileSystem({ dir = tmpdir(), prefix = 'hybridbuffer' }: FileSystemOptions = {}): StorageFactory {
  if (!/^[\w.-]{1,100}$/.test(prefix) || prefix.startsWith('.')) {
    throw new HybridBufferError(
      'InvalidOption',
      `prefix ${JSON.stringify(prefix)} cannot begin a file's name; use up to 100 letters, digits, "-", "_", "."`,
    );
  }
  return () => new FileBackend(dir, prefix);
}

class FileBackend implements StorageBackend {
  readonly failure = undefined;
  readonly #dir: string;
  readonly #path: string;
  #file: FileHandle | undefined;
  #size = 0;

  constructor(dir: string, prefix: string) {
    this.#dir = dir;
    this.#path = join(dir, `${prefix}-${randomBytes(8).toString('hex')}.bin`);
  }

  get size(): number {
    return this.#size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      const file = await this.#open();
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, written, bytes.length - written, this.#size + written);
        written += bytesWritten;
      }
      this.#size += bytes.length;
    } catch (cause) {
      throw this.#failed('WriteFailed', 'cannot be written', cause);
    }
  }

  async readInto(position: number, target: Uint8Array): Promise<void> {
    const file = await this.#open();
    for (let filled = 0; filled < target.length; ) {
      const { bytesRead } = await file
        .read(target, filled, target.length - filled, position + filled)
        .catch((cause: unknown) => {
          throw this.#failed('ReadFailed', 'cannot be read', cause);
        });
      if (bytesRead === 0) {
        throw new HybridBufferError('Corrupt', `${this.#path} was cut by somebody else: its bytes are lost`, {
          where: this.#path,
        });
      }
      filled += bytesRead;
    }
  }

  async truncate(size: number): Promise<void> {
    this.#size = size;
    await this.#file?.truncate(size).catch((cause: unknown) => {
      throw this.#failed('WriteFailed', 'cannot be cut', cause);
    });
  }

  async finish(): Promise<void> {}

  async remove(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    this.#size = 0;
    await file.close().catch(() => undefined);
    await rm(this.#path, { force: true }).catch((cause: unknown) => {
      throw this.#failed('RemoveFailed', 'stays behind; remove it by hand', cause);
    });
  }

  async #open(): Promise<FileHandle> {
    this.#file ??= await this.#create().catch(async (error: unknown) => {
      if ((error as { readonly code?: unknown }).code !== 'ENOENT') throw error;
      // One level only: more may be a mistyped path, and on some file systems Node never comes back from making them.
      await mkdir(this.#dir, { mode: 0o700 }).catch((reason: unknown) => {
        // Another buffer was faster.
        if ((reason as { readonly code?: unknown }).code !== 'EEXIST') throw reason;
      });
      return this.#create();
    });
    return this.#file;
  }

  #create(): Promise<FileHandle> {
    return open(this.#path, 'wx+', 0o600);
  }

  #failed(code: 'WriteFailed' | 'ReadFailed' | 'RemoveFailed', what: string, cause: unknown): HybridBufferError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new HybridBufferError(code, `${this.#path} ${what}: ${why}`, { where: this.#path, cause });
  }
}
