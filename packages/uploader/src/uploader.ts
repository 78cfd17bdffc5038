import type { ObjectAttributes } from '@bucket-radio/object-store';
import { isObjectStoreError, validateAttributes, validateKey } from '@bucket-radio/object-store';
import { guessContentType } from './content-type.ts';
import type { UploadContext } from './context.ts';
import { createUploadControl } from './control.ts';
import { type CopyObjectOptions, type CopyObjectResult, copyObject } from './copy.ts';
import { abortedUpload, isUploadError } from './error.ts';
import { createProgressTracker } from './progress.ts';
import { uploadRandom } from './random-upload.ts';
import { resolveSettings } from './settings.ts';
import { ID_NAME } from './settle.ts';
import { openSource } from './source/open.ts';
import type { RandomSource, SequentialSource } from './source/source.ts';
import { uploadStream } from './stream-upload.ts';
import { type SweepOptions, type SweepResult, sweepUploads } from './sweep.ts';
import type { Upload, UploaderOptions, UploadOptions, UploadResult, UploadSource, UploadStore } from './types.ts';

export interface Uploader {
  /** Begins at once. Errors are `result`'s, never thrown here. */
  upload(source: UploadSource, key: string, options?: UploadOptions): Upload;
  /** Copies an object of any size inside the store, with its attributes. */
  copyObject(from: string, to: string, options?: CopyObjectOptions): Promise<CopyObjectResult>;
  /** Frees what unfinished uploads hold. */
  sweep(options?: SweepOptions): Promise<SweepResult>;
}

/**
 * Uploads that survive: parts are sent by several lanes, each compared with its SHA-256 by the store, resumed after a
 * crash, and settled when a reply is lost. Tries are made by the store (`object-store-s3`, or `withRetry`).
 *
 * @throws UploadError `InvalidOption`
 */
export function createUploader(store: UploadStore, options: UploaderOptions = {}): Uploader {
  const settings = resolveSettings(options);
  return {
    upload(source, key, uploadOptions = {}) {
      const control = createUploadControl(key, uploadOptions.signal);
      const progress = createProgressTracker(settings.now);
      const run = async (): Promise<UploadResult> => {
        validateKey(key);
        await control.ready();
        const opened = await openSource(source, uploadOptions.size);
        try {
          const attributes = attributesFor(key, opened, uploadOptions);
          validateAttributes({ ...attributes, metadata: { ...attributes.metadata, [ID_NAME]: '0'.repeat(36) } }, key);
          const context: UploadContext = {
            store,
            settings,
            key,
            options: uploadOptions,
            attributes,
            control,
            progress,
          };
          return await (opened.kind === 'random' ? uploadRandom(context, opened) : uploadStream(context, opened));
        } catch (error) {
          // Whatever broke off when the upload was aborted, that is why.
          throw control.signal.aborted && isAbort(error) ? abortedUpload(key) : error;
        } finally {
          await opened.close();
        }
      };
      const result = run().finally(() => progress.end());
      // Whoever only follows the progress is not obliged to take the error as well.
      result.catch(() => {});
      return {
        key,
        result,
        get progress() {
          return progress.current;
        },
        onProgress: progress.listen,
        [Symbol.asyncIterator]: progress.iterate,
        pause() {
          control.pause();
          progress.setPaused(true);
        },
        resume() {
          control.resume();
          progress.setPaused(false);
        },
        async abort() {
          control.abort();
          await result.then(
            () => {},
            () => {},
          );
        },
      };
    },
    copyObject: (from, to, copyOptions) => copyObject({ store, settings }, from, to, copyOptions),
    sweep: (sweepOptions = {}) => sweepUploads(store, settings, sweepOptions),
  };
}

function attributesFor(
  key: string,
  source: RandomSource | SequentialSource,
  { contentType, attributes }: UploadOptions,
): ObjectAttributes {
  const unknown = guessContentType('');
  const byKey = guessContentType(key);
  const byName = 'name' in source && source.name !== undefined ? guessContentType(source.name) : unknown;
  const guessed = byKey === unknown ? byName : byKey;
  return { ...attributes, contentType: contentType ?? attributes?.contentType ?? guessed };
}

function isAbort(error: unknown): boolean {
  return isObjectStoreError(error, 'Aborted') || isUploadError(error, 'Aborted');
}
