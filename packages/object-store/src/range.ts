import { ObjectStoreError } from './error.ts';
import { quoteKey } from './key.ts';
import type { ByteRange } from './types.ts';

/**
 * Checks a range before the object's size is known.
 * @throws ObjectStoreError `NotSupported`
 */
export function validateRange(range: ByteRange | undefined, key: string): void {
  if (range === undefined) return;
  const values = 'suffix' in range ? [range.suffix] : [range.start, range.end ?? range.start];
  const whole = values.every((value) => Number.isSafeInteger(value) && value >= 0);
  if (!whole || (values[1] ?? 0) < (values.length === 2 ? (values[0] ?? 0) : 0)) {
    throw new ObjectStoreError(
      'NotSupported',
      `range ${JSON.stringify(range)} of ${quoteKey(key)}: use whole numbers of bytes from 0, start no greater than end`,
      { key },
    );
  }
}

/** The bytes `[start, end)` that a valid range selects of an object of `size` bytes. */
export function resolveRange(range: ByteRange | undefined, size: number): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size };
  if ('suffix' in range) return { start: Math.max(0, size - range.suffix), end: size };
  return { start: Math.min(range.start, size), end: Math.min(range.end ?? size, size) };
}

/**
 * The range of a part that is copied: all of the source by default, and wholly inside it.
 * @throws ObjectStoreError `NotSupported`
 */
export function requireWithin(
  range: { readonly start: number; readonly end?: number } | undefined,
  size: number,
  key: string,
): { start: number; end: number } {
  validateRange(range, key);
  const end = range?.end ?? size;
  const start = range?.start ?? 0;
  if (end <= size && start < end) return { start, end };
  throw new ObjectStoreError(
    'NotSupported',
    `part [${start}, ${end}) of ${quoteKey(key)} is empty or not within its ${size} bytes`,
    { key },
  );
}
