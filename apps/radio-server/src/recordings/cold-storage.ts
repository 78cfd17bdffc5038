import { setTimeout } from 'node:timers/promises';
import { describeRecordings, type RecordingInfo } from '@bucket-radio/archive';
import type { Upload } from '@bucket-radio/uploader';
import type { Logger } from '../log.ts';
import { RecordingError, type StoreRecordingOptions, storeRecording } from './store-recording.ts';

export interface ColdStorageOptions extends Omit<StoreRecordingOptions, 'onUpload' | 'signal'> {
  readonly directory: string;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Whether segments wait for the live bucket: then the uplink is theirs. */
  readonly isLiveBehind: () => boolean;
  /** Before the first recording is stored: throws when the bucket is not to be used. */
  readonly check: () => Promise<void>;
  readonly onStored: (recording: RecordingInfo) => void;
  /** Resolves after `ms`, or at once when the signal is aborted. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const FIRST_RETRY_MS = 30_000;
const MAX_RETRY_MS = 3_600_000;
/** How often an upload looks whether it is in the way of the live stream. */
const YIELD_CHECK_MS = 1000;

/**
 * Takes finished recordings to cold storage, oldest first, one at a time, for as long as it runs. A failing store is
 * tried again; a damaged recording is reported once and stays where it is. Never in the way of the live stream: while
 * segments wait for their bucket, no new part of a recording is sent.
 */
export class ColdStorage {
  readonly #options: ColdStorageOptions;
  readonly #stopping = new AbortController();
  readonly #refused = new Set<string>();
  #checked = false;
  #wake = new AbortController();
  #waiting = 0;

  constructor(options: ColdStorageOptions) {
    this.#options = options;
  }

  /** Recordings that wait to be stored, as last counted. */
  get waiting(): number {
    return this.#waiting;
  }

  /** There is a new recording. */
  notify(): void {
    this.#wake.abort();
  }

  /** Ends `run` before its next step. What is on its way is cut off with the store, and goes on at the next start. */
  stop(): void {
    this.#stopping.abort();
    this.notify();
  }

  async run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController();
      try {
        const next = await this.#next();
        if (next === undefined) {
          await this.#sleep(MAX_RETRY_MS);
          continue;
        }
        await this.#store(next);
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const { log } = this.#options;
        log.warn(`recordings wait to be stored: ${messageOf(error)}; trying again in ${Math.round(retryMs / 1000)} s`);
        await this.#sleep(retryMs);
        retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
      }
    }
  }

  async #next(): Promise<RecordingInfo | undefined> {
    const recordings = await describeRecordings(this.#options.directory);
    const left = recordings.filter(
      ({ path, isLocal, stored }) => isLocal && stored === undefined && !this.#refused.has(path),
    );
    this.#waiting = left.length;
    return left[0];
  }

  async #store(recording: RecordingInfo): Promise<void> {
    const { log, check, onStored } = this.#options;
    if (!this.#checked) await check();
    this.#checked = true;
    const yielding = new AbortController();
    try {
      const { key, how, bytes, resumedBytes } = await storeRecording(recording, {
        ...this.#options,
        signal: this.#stopping.signal,
        onUpload: (upload) => void this.#giveWay(upload, yielding.signal),
      });
      const resumed = resumedBytes === 0 ? '' : `, ${megabytes(resumedBytes)} of it earlier`;
      log.info(`stored ${recording.path} as ${key}: ${megabytes(bytes)} ${how}${resumed}, read back`);
      onStored(recording);
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      this.#refused.add(recording.path);
      log.error(error.message);
    } finally {
      yielding.abort();
    }
  }

  async #giveWay(upload: Upload, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      // At the end the upload has to run into its closed store, or it would wait for ever.
      if (this.#options.isLiveBehind() && !this.#stopping.signal.aborted) upload.pause();
      else upload.resume();
      await (this.#options.sleep ?? sleep)(YIELD_CHECK_MS, AbortSignal.any([over, this.#stopping.signal]));
      if (!this.#stopping.signal.aborted) continue;
      upload.resume();
      return;
    }
  }

  async #sleep(ms: number): Promise<void> {
    await (this.#options.sleep ?? sleep)(ms, this.#wake.signal);
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal, ref: false }).catch(() => undefined);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
