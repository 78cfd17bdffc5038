import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Archive,
  createArchive,
  describeRecordings,
  freeDiskBytes,
  listUnfinished,
  recoverRecordings,
  removeStoredRecording,
  reuniteSidecars,
} from '@bucket-radio/archive';
import type { SourceInfo } from '@bucket-radio/capture';
import type { S3Store } from '@bucket-radio/object-store-s3';
import type { PcmGap } from '@bucket-radio/pcm';
import { createUploader } from '@bucket-radio/uploader';
import { ConfigError } from '../config/load.ts';
import type { StationConfig } from '../config/settings.ts';
import type { Logger } from '../log.ts';
import type { Title } from '../monitor/feed.ts';
import { logRecovered } from '../recovery.ts';
import { ColdStorage } from './cold-storage.ts';
import { openColdStore, refusePublicBucket } from './cold-store.ts';
import { recordingMd5InBackground } from './pcm-md5.ts';

/** Bytes of generated music that are kept as recordings: nobody needs more of it. */
const DEMO_ARCHIVE_MAX_BYTES = 1024 * 1024 * 1024;
const FIRST_HOUSEKEEPING_MS = 5000;
const HOUSEKEEPING_INTERVAL_MS = 300_000;
const HOUR_MS = 3_600_000;
/** With `archive: live`, this long after the last segment reached the bucket nobody listens any more. */
const LIVE_TIMEOUT_MS = 30_000;
/** The warning is said again only after the disk had this much more room than it takes. */
const WARN_AGAIN_FACTOR = 1.1;

export interface StationRecordingsOptions {
  readonly config: StationConfig;
  readonly log: Logger;
  readonly source: Pick<SourceInfo, 'kind'>;
  /** Recording stopped, or will soon; the stream goes on. */
  readonly onAlarm: (message: string) => void;
  /** Whether segments wait for the bucket. */
  readonly isLiveBehind: () => boolean;
  readonly monotonicMs?: () => number;
}

/** What a station does with its recordings: makes, repairs, stores and at last removes them. */
export class StationRecordings {
  readonly archive: Archive;
  readonly #options: StationRecordingsOptions;
  readonly #directory: string;
  readonly #coldStore: S3Store | undefined;
  #cold: ColdStorage | undefined;
  #coldRun: Promise<void> = Promise.resolve();
  #housekeeping: NodeJS.Timeout | undefined;
  #stopped = false;
  #publishedAtMs: number | undefined;
  #warned = false;
  /** Left by alarms of this run; repaired when there is room again. */
  #abandoned: string[] = [];

  private constructor(options: StationRecordingsOptions, directory: string, coldStore: S3Store | undefined) {
    const { config, log, source } = options;
    this.#options = options;
    this.#directory = directory;
    this.#coldStore = coldStore;
    this.archive = createArchive({
      directory,
      ...(source.kind === 'demo' ? { maxTotalBytes: DEMO_ARCHIVE_MAX_BYTES } : {}),
      disk: {
        minFreeBytes: config.archiveMinFreeBytes,
        makeRoom: async (wantedFreeBytes) => await this.#makeRoom(wantedFreeBytes),
      },
      onAlarm: (message) => options.onAlarm(message),
      onResumed: () => {
        log.info('recording again');
        this.#inBackground(this.#repair(this.#abandoned.splice(0)));
      },
      onAbandoned: (path) => {
        this.#abandoned.push(path);
        this.#inBackground(this.#repair(this.#abandoned.splice(0)));
      },
      onFinished: (path) => {
        log.info(`recorded ${path}`);
        this.#cold?.notify();
      },
    });
  }

  /**
   * Generated music has a directory of its own, because there the oldest files are deleted; it is never stored elsewhere.
   * @returns undefined when nothing is to be recorded
   * @throws ConfigError when nothing can be written there, or the archive bucket is public: better now than after a lost
   * evening
   */
  static async open(options: StationRecordingsOptions): Promise<StationRecordings | undefined> {
    const { config, source, log } = options;
    if (config.archive === 'off') return undefined;
    const directory = source.kind === 'demo' ? join(config.recordingsDir, 'demo') : config.recordingsDir;
    await requireWritable(directory);
    const store = source.kind === 'demo' ? undefined : openColdStore(config, (level, message) => log[level](message));
    if (store === undefined) return new StationRecordings(options, directory, undefined);
    try {
      await refusePublicBucket(store, config);
    } catch (error) {
      if (error instanceof ConfigError) {
        store.close();
        throw error;
      }
      log.warn(`recordings cannot be stored yet: ${messageOf(error)}; looking again before the first is`);
    }
    return new StationRecordings(options, directory, store);
  }

  /** Repairs what an earlier run could not finish, and begins to store and remove, beside the running station. */
  async start(): Promise<void> {
    // Listed before the first block is captured: this run's own recording is not among them.
    const unfinished = await listUnfinished(this.#directory).catch(() => []);
    this.#inBackground(
      this.#repair(unfinished).then(async () => {
        await reuniteSidecars(this.#directory);
        this.#startColdStorage();
      }),
    );
    this.#scheduleHousekeeping(FIRST_HOUSEKEEPING_MS);
  }

  #scheduleHousekeeping(inMs: number): void {
    if (this.#stopped) return;
    this.#housekeeping = setTimeout(() => {
      this.#inBackground(this.#keepHouse().finally(() => this.#scheduleHousekeeping(HOUSEKEEPING_INTERVAL_MS)));
    }, inMs).unref();
  }

  /** Whether what is captured now is to be recorded. */
  isWanted(): boolean {
    if (this.#options.config.archive !== 'live') return true;
    return this.#publishedAtMs !== undefined && this.#nowMs() - this.#publishedAtMs < LIVE_TIMEOUT_MS;
  }

  /** A segment is in the bucket: the stream is live. */
  published(): void {
    this.#publishedAtMs = this.#nowMs();
  }

  noteGaps(gaps: readonly PcmGap[]): void {
    for (const { position, frames, reason } of gaps)
      this.archive.note({ type: 'gap', frame: position, frames, reason });
  }

  /** Something begins with this station frame. */
  noteCue(frame: number, { title, artist }: Title): void {
    const performer = artist === undefined || artist === '' ? {} : { performer: artist };
    this.archive.note({ type: 'cue', frame, title, ...performer });
  }

  /** Everything captured is on disk; what is being stored goes on at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#housekeeping);
    await this.archive.flush();
    this.#cold?.stop();
    this.#coldStore?.close();
    await this.#coldRun;
  }

  #startColdStorage(): void {
    const store = this.#coldStore;
    if (store === undefined) return;
    const { config, log, isLiveBehind } = this.#options;
    this.#cold = new ColdStorage({
      directory: this.#directory,
      store,
      // One part at a time, and the live stream first: an uplink at home is narrow.
      uploader: createUploader(store, {
        multipartConcurrency: 1,
        journalDirectory: join(config.dataDir, 'archive-uploads'),
      }),
      pcmMd5: recordingMd5InBackground,
      log,
      isLiveBehind,
      check: async () => await refusePublicBucket(store, config),
      onStored: () => this.#inBackground(this.#keepHouse()),
    });
    this.#coldRun = this.#cold.run();
  }

  async #repair(paths: readonly string[]): Promise<void> {
    const results = await recoverRecordings(paths, { directory: this.#directory, pcmMd5: recordingMd5InBackground });
    for (const result of results) {
      logRecovered(this.#options.log, result);
      if (result.outcome === 'repaired') this.#cold?.notify();
      // Perhaps the disk is too full even for its name; tried again when there is room.
      if (result.outcome === 'unreadable') this.#abandoned.push(result.path);
    }
  }

  /** Removes what the policy lets go, and warns when the disk fills with what may not. */
  async #keepHouse(): Promise<void> {
    const { config, log, onAlarm, source } = this.#options;
    if (config.archiveKeepHours !== undefined) await this.#removeStored(config.archiveKeepHours * HOUR_MS);
    const { disk } = this.archive.status;
    if (disk === undefined || source.kind === 'demo') return;
    const bytesPerHour = (disk.freeBytes - config.archiveMinFreeBytes) / Math.max(disk.hoursLeft, Number.EPSILON);
    if (disk.hoursLeft < config.archiveWarnHours) {
      await this.#makeRoom(config.archiveMinFreeBytes + bytesPerHour * config.archiveWarnHours);
    }
    const free = await freeDiskBytes(this.#directory);
    const hoursLeft = Math.max(0, free - config.archiveMinFreeBytes) / bytesPerHour;
    if (hoursLeft >= config.archiveWarnHours * WARN_AGAIN_FACTOR) this.#warned = false;
    if (hoursLeft >= config.archiveWarnHours || this.#warned) return;
    this.#warned = true;
    const message = `the disk has room for ${hoursLeft.toFixed(1)} more hours of recording; make room, or store recordings elsewhere`;
    log.warn(message);
    onAlarm(message);
  }

  async #removeStored(olderThanMs: number): Promise<void> {
    const before = Date.now() - olderThanMs;
    for (const recording of await describeRecordings(this.#directory)) {
      if (recording.stored !== undefined && recording.stored.atMs <= before) await this.#remove(recording);
    }
  }

  /** Oldest first, and only what is in cold storage: sound that is nowhere else is never deleted. */
  async #makeRoom(wantedFreeBytes: number): Promise<void> {
    if ((await freeDiskBytes(this.#directory)) >= wantedFreeBytes) return;
    for (const recording of await describeRecordings(this.#directory)) {
      if (!(await this.#remove(recording))) continue;
      if ((await freeDiskBytes(this.#directory)) >= wantedFreeBytes) return;
    }
  }

  async #remove(recording: Parameters<typeof removeStoredRecording>[0]): Promise<boolean> {
    const removed = await removeStoredRecording(recording);
    if (removed) this.#options.log.info(`removed ${recording.path}: it is stored as ${recording.stored?.key}`);
    return removed;
  }

  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => this.#options.log.error(`recordings: ${messageOf(error)}`));
  }

  #nowMs(): number {
    return (this.#options.monotonicMs ?? (() => performance.now()))();
  }
}

async function requireWritable(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  } catch (error) {
    throw new ConfigError([
      `recordings cannot be written: ${messageOf(error)}; choose another RADIO_RECORDINGS_DIR, or --archive off`,
    ]);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
