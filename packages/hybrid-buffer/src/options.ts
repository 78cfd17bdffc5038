import { checkWhole, HybridBufferError } from './error.ts';
import type { Middleware } from './middleware/middleware.ts';
import { fileSystem } from './storage/file-system.ts';
import type { StorageFactory } from './storage/storage.ts';

const MIB = 1024 ** 2;
const MOST_IN_MEMORY = 1024 * MIB;

export interface HybridBufferOptions {
  /** Bytes that stay in memory; one more, and everything moves to storage. Default 2 MiB; at most 1 GiB. */
  readonly threshold?: number;
  /** Bytes of memory to take at once instead of as they fill, up to `threshold`. Default 0. */
  readonly preallocate?: number;
  /** Where what outgrows memory goes. Default `fileSystem()`: the system's directory for temporary files. */
  readonly storage?: StorageFactory;
  /** What happens on the way there, in this order: compression before encryption. Default none. */
  readonly middleware?: readonly Middleware[];
  /**
   * Bytes that are stored, compressed and encrypted as one; 64 bytes to 16 MiB, default 256 KiB. Larger ones compress
   * better, smaller ones make reads here and there cheaper. A buffer in storage holds three of them in memory.
   */
  readonly frameBytes?: number;
}

export type ResolvedOptions = Required<HybridBufferOptions>;

/** @throws HybridBufferError `InvalidOption`, naming the option and what is allowed */
export function resolveOptions(options: HybridBufferOptions): ResolvedOptions {
  const threshold = checkWhole('threshold', options.threshold ?? 2 * MIB, 0, MOST_IN_MEMORY);
  const { storage = fileSystem(), middleware = [] } = options;
  if (typeof storage !== 'function') {
    throw new HybridBufferError(
      'InvalidOption',
      'storage is no factory; use memory(), fileSystem(), s3() or objectStore()',
    );
  }
  return {
    threshold,
    preallocate: checkWhole('preallocate', options.preallocate ?? 0, 0, threshold),
    storage,
    middleware: [...middleware],
    frameBytes: checkWhole('frameBytes', options.frameBytes ?? MIB / 4, 64, 16 * MIB),
  };
}
