import { UploadError } from './error.ts';
import type { UploaderOptions } from './types.ts';

const MIB = 1024 ** 2;

export interface UploaderSettings {
  readonly chunkBytes: number;
  readonly concurrency: number;
  readonly journalDirectory: string | undefined;
  readonly stagingPrefix: string;
  readonly copyPartBytes: number;
  readonly now: () => number;
}

/** @throws UploadError `InvalidOption`, naming the option and what is allowed */
export function resolveSettings(options: UploaderOptions): UploaderSettings {
  const { multipartChunkSizeMb = 5, multipartConcurrency = 4, copyPartBytes = 1024 * MIB } = options;
  const chunkBytes = Math.round(multipartChunkSizeMb * MIB);
  check('multipartChunkSizeMb', multipartChunkSizeMb, chunkBytes >= 1 && chunkBytes <= 5120 * MIB, 'at most 5120');
  check(
    'multipartConcurrency',
    multipartConcurrency,
    Number.isInteger(multipartConcurrency) && multipartConcurrency >= 1 && multipartConcurrency <= 64,
    'a whole number from 1 to 64',
  );
  check('copyPartBytes', copyPartBytes, Number.isSafeInteger(copyPartBytes) && copyPartBytes >= 1, '1 or more bytes');
  return {
    chunkBytes,
    concurrency: multipartConcurrency,
    journalDirectory: options.journalDirectory,
    stagingPrefix: options.stagingPrefix ?? '.uploads/',
    copyPartBytes,
    now: options.now ?? Date.now,
  };
}

function check(name: string, value: number, isValid: boolean, allowed: string): void {
  if (!isValid) throw new UploadError('InvalidOption', `${name} is ${value}; use ${allowed}`);
}
