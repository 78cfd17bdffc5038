import { statfs } from 'node:fs/promises';
import { BYTES_PER_FRAME, SAMPLE_RATE } from '@bucket-radio/pcm';

/** What recordings may take of the disk. */
export interface DiskLimits {
  /** Bytes that stay free. Below it the recording ends with an alarm; it goes on with a quarter more. Default 0. */
  readonly minFreeBytes?: number;
  /** Default: what the file system says is free for this user. */
  readonly freeBytes?: (directory: string) => Promise<number>;
  /** Asked to delete what may go, until so much is free, before a recording ends for want of it. */
  readonly makeRoom?: (wantedFreeBytes: number) => Promise<void>;
}

/** Free disk, and how long it lasts. */
export interface DiskStatus {
  readonly freeBytes: number;
  /** Hours of recording above the limit at the rate of what was recorded last. */
  readonly hoursLeft: number;
}

const CHECK_INTERVAL_MS = 5000;
/** To begin again after an alarm takes this much more than the limit, so that it is not the next second that ends it. */
const RESUME_FACTOR = 1.25;
/** FLAC of music takes about this part of its PCM; used until there is a recording to measure. */
const USUAL_RATIO = 0.7;
const FRAMES_PER_HOUR = SAMPLE_RATE * 3600;

/** What the file system says is free for this user, in bytes. */
export async function freeDiskBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** Looks at the disk while recordings are written, more often the less is free. */
export class DiskWatch {
  readonly #directory: string;
  readonly #limits: Required<Omit<DiskLimits, 'makeRoom'>> & Pick<DiskLimits, 'makeRoom'>;
  readonly #monotonicMs: () => number;
  #freeBytes: number | undefined;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #bytesSinceCheck = 0;
  #bytesPerFrame = BYTES_PER_FRAME * USUAL_RATIO;

  constructor(directory: string, limits: DiskLimits, monotonicMs: () => number) {
    const { minFreeBytes = 0, freeBytes = freeDiskBytes, makeRoom } = limits;
    this.#directory = directory;
    this.#limits = { minFreeBytes, freeBytes, ...(makeRoom === undefined ? {} : { makeRoom }) };
    this.#monotonicMs = monotonicMs;
  }

  /** Undefined before the first look. */
  get status(): DiskStatus | undefined {
    if (this.#freeBytes === undefined) return undefined;
    const room = Math.max(0, this.#freeBytes - this.#limits.minFreeBytes);
    return { freeBytes: this.#freeBytes, hoursLeft: room / (this.#bytesPerFrame * FRAMES_PER_HOUR) };
  }

  /** @throws Error when there is no room to begin a recording */
  async beforeStart({ afterFailure }: { readonly afterFailure: boolean }): Promise<void> {
    await this.#require(this.#limits.minFreeBytes * (afterFailure ? RESUME_FACTOR : 1));
  }

  /** After `bytes` were written. @throws Error when the limit is reached and nothing may go */
  async afterWrite(bytes: number, recorded: { readonly bytes: number; readonly frames: number }): Promise<void> {
    this.#bytesSinceCheck += bytes;
    if (recorded.frames >= SAMPLE_RATE) this.#bytesPerFrame = recorded.bytes / recorded.frames;
    const isRecent = this.#monotonicMs() - this.#checkedAtMs < CHECK_INTERVAL_MS;
    const room = (this.#freeBytes ?? 0) - this.#limits.minFreeBytes;
    if (isRecent && this.#bytesSinceCheck < room / 4) return;
    await this.#require(this.#limits.minFreeBytes);
  }

  async #require(bytes: number): Promise<void> {
    if ((await this.#look()) >= bytes) return;
    await this.#limits.makeRoom?.(bytes);
    const free = await this.#look();
    if (free >= bytes) return;
    throw new Error(
      `the disk of ${this.#directory} is full: ${megabytes(free)} MB are free, recording takes no more than leaves ` +
        `${megabytes(this.#limits.minFreeBytes)} MB; make room`,
    );
  }

  async #look(): Promise<number> {
    this.#checkedAtMs = this.#monotonicMs();
    this.#bytesSinceCheck = 0;
    this.#freeBytes = await this.#limits.freeBytes(this.#directory);
    return this.#freeBytes;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
