import type { ObjectAttributes } from '@bucket-radio/object-store';
import type { UploadControl } from './control.ts';
import type { ProgressTracker } from './progress.ts';
import type { UploaderSettings } from './settings.ts';
import type { UploadOptions, UploadStore } from './types.ts';

/** One upload, as its steps see it. */
export interface UploadContext {
  readonly store: UploadStore;
  readonly settings: UploaderSettings;
  readonly key: string;
  readonly options: UploadOptions;
  /** Without the id. */
  readonly attributes: ObjectAttributes;
  readonly control: UploadControl;
  readonly progress: ProgressTracker;
}
