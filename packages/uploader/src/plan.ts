import type { MultipartLimits } from '@bucket-radio/object-store';
import { UploadError } from './error.ts';

const MIB = 1024 ** 2;

/**
 * The size of the parts of an object of `size` bytes: what is configured, or whole MiB more, so that the parts the store
 * allows suffice. All parts but the last have it, as R2 wants.
 * @throws UploadError `TooLarge`
 */
export function planPartBytes(size: number | undefined, configured: number, limits: MultipartLimits): number {
  const least = Math.max(configured, limits.minPartBytes);
  if (size === undefined || size <= least * limits.maxParts) return least;
  const partBytes = Math.ceil(size / limits.maxParts / MIB) * MIB;
  if (partBytes <= limits.maxPartBytes) return partBytes;
  const most = limits.maxPartBytes * limits.maxParts;
  throw new UploadError('TooLarge', `${size} bytes are more than the ${most} that the store holds in one object`);
}

export function countParts(size: number, partBytes: number): number {
  return Math.max(1, Math.ceil(size / partBytes));
}

export function partRange(partNumber: number, size: number, partBytes: number): { start: number; end: number } {
  return { start: (partNumber - 1) * partBytes, end: Math.min(size, partNumber * partBytes) };
}
