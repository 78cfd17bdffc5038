export { abortedError, beginCall, callSignal, throwIfAborted } from './abort.ts';
export { copyAttributes, MAX_METADATA_BYTES, validateAttributes } from './attributes.ts';
export { type BodyOptions, type BodySource, createBody } from './body.ts';
export { checksumMismatch, validateChecksum, wrongSize } from './checksum.ts';
export {
  isObjectStoreError,
  ObjectStoreError,
  type ObjectStoreErrorCode,
  type ObjectStoreErrorOptions,
} from './error.ts';
export { createFileStore, type FileStoreOptions } from './file/store.ts';
export {
  type CopyOptions,
  type CopyStore,
  type DeleteOutcome,
  type DirectoryListing,
  type FullObjectStore,
  isFullObjectStore,
  type RangesOptions,
  type Signer,
  type SignOptions,
  type StoreCapabilities,
} from './full.ts';
export { compareKeys, isValidKey, MAX_KEY_BYTES, quoteKey, validateKey, validatePrefix } from './key.ts';
export { createMemoryStore, type MemoryStoreOptions } from './memory.ts';
export type {
  CompleteOptions,
  MultipartLimits,
  MultipartStore,
  MultipartUpload,
  PutPartOptions,
  StreamBody,
  UploadedPart,
} from './multipart.ts';
export { noSuchUpload, S3_MULTIPART_LIMITS, validatePartNumber } from './parts.ts';
export { withPrefix } from './prefix.ts';
export { resolveRange, validateRange } from './range.ts';
export { createGetResult } from './result.ts';
export { batches, deleteMany, getRanges, listWithDelimiter, rename } from './sugar.ts';
export type {
  ByteRange,
  CallOptions,
  ContentChecksum,
  GetOptions,
  GetResult,
  ListOptions,
  ObjectAttributes,
  ObjectMeta,
  ObjectStore,
  PutMode,
  PutOptions,
  PutResult,
} from './types.ts';
export { type FaultOptions, withFaults } from './wrappers/faults.ts';
export { withLimit } from './wrappers/limit.ts';
export { type MetricsOptions, type StoreMetric, withMetrics } from './wrappers/metrics.ts';
export { type RetryOptions, withRetry } from './wrappers/retry.ts';
export { withTimeout } from './wrappers/timeout.ts';
export { type Around, type Operation, type StoreCall, wrapStore } from './wrappers/wrap.ts';
