export { guessContentType } from './content-type.ts';
export type { CopyObjectOptions, CopyObjectResult } from './copy.ts';
export { createDedupeIndex } from './dedupe.ts';
export { isUploadError, UploadError, type UploadErrorCode } from './error.ts';
export type { SweepOptions, SweepResult } from './sweep.ts';
export type {
  DedupeIndex,
  StoredContent,
  Upload,
  UploaderOptions,
  UploadOptions,
  UploadProgress,
  UploadResult,
  UploadSource,
  UploadStore,
} from './types.ts';
export { createUploader, type Uploader } from './uploader.ts';
