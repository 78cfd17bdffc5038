import { ObjectStoreError } from './error.ts';
import { quoteKey } from './key.ts';
import type { MultipartLimits, MultipartUpload, UploadedPart } from './multipart.ts';

/** S3's: parts of 5 MiB to 5 GiB, 10,000 of them. */
export const S3_MULTIPART_LIMITS: MultipartLimits = {
  minPartBytes: 5 * 1024 ** 2,
  maxPartBytes: 5 * 1024 ** 3,
  maxParts: 10_000,
  equalParts: false,
};

/** @throws ObjectStoreError `NotSupported` unless it is a whole number from 1 to `maxParts` */
export function validatePartNumber(partNumber: number, { maxParts }: MultipartLimits, key: string): void {
  if (Number.isInteger(partNumber) && partNumber >= 1 && partNumber <= maxParts) return;
  throw new ObjectStoreError('NotSupported', `part ${partNumber} of ${quoteKey(key)}: use 1 to ${maxParts}`, { key });
}

export function noSuchUpload({ key }: MultipartUpload, cause?: unknown): ObjectStoreError {
  return new ObjectStoreError(
    'NotFound',
    `there is no such multipart upload of ${quoteKey(key)}: it was completed, aborted or expired`,
    { key, cause },
  );
}

/**
 * The stored parts that a complete names, by number.
 * @throws ObjectStoreError `PreconditionFailed`, or `NotSupported` when there are none or one is too small
 */
export function selectParts<Part extends UploadedPart>(
  key: string,
  named: readonly Pick<UploadedPart, 'partNumber' | 'etag'>[],
  stored: ReadonlyMap<number, Part>,
  { minPartBytes }: MultipartLimits,
): Part[] {
  const refuse = (code: 'PreconditionFailed' | 'NotSupported', problem: string): never => {
    throw new ObjectStoreError(code, `${quoteKey(key)} cannot be completed: ${problem}`, { key });
  };
  if (named.length === 0) refuse('NotSupported', 'no parts are named; put an empty object instead');
  const parts = [...named]
    .sort((a, b) => a.partNumber - b.partNumber)
    .map(({ partNumber, etag }) => {
      const part = stored.get(partNumber);
      if (part === undefined || part.etag !== etag) {
        return refuse('PreconditionFailed', `part ${partNumber} is missing or has another ETag; list the parts`);
      }
      return part;
    });
  const small = parts.slice(0, -1).find(({ size }) => size < minPartBytes);
  if (small !== undefined) {
    refuse('NotSupported', `part ${small.partNumber} has ${small.size} bytes; all but the last need ${minPartBytes}`);
  }
  return parts;
}
