import type { FlacFrame } from '@bucket-radio/pcm';
import { nextRotation } from './paths.ts';
import { Recording, type RecordingStart } from './recording.ts';
import { pruneRecordings } from './retention.ts';

export interface ArchiveOptions {
  /** Where recordings go; created when absent. */
  readonly directory: string;
  /** Bytes of FLAC that may wait for the disk; past it the archive stops with an alarm. Default 64 MiB, about 6 minutes. */
  readonly maxQueuedBytes?: number;
  /**
   * Bytes of recordings in all; the oldest are deleted to stay below, and a file ends at a quarter of it. Default:
   * no limit. Only for generated sources: recordings of a real one are not replaceable.
   */
  readonly maxTotalBytes?: number;
  /** Called when the archive stops before its time; the stream goes on. */
  readonly onAlarm?: (message: string) => void;
  /** Called with the final path of each finished recording. */
  readonly onFinished?: (path: string) => void;
  readonly monotonicMs?: () => number;
}

export interface ArchiveStatus {
  readonly state: 'idle' | 'recording' | 'failed';
  /** The file being written. */
  readonly file?: string;
  /** Bytes and frames of the file being written. */
  readonly bytes: number;
  readonly frames: number;
}

/**
 * Bit-perfect FLAC recordings. Calls return at once and are carried out in order; nothing here ever makes capture wait.
 */
export interface Archive {
  readonly status: ArchiveStatus;
  /** Starts a recording. */
  begin(start: RecordingStart): void;
  write(frames: readonly FlacFrame[]): void;
  /** Whether a block with this label belongs to the next recording: the UTC hour has changed, or the file is full. */
  shouldRotate(utcMs: number): boolean;
  /** Ends the recording with the encoder's final STREAMINFO. */
  end(streamInfo: Uint8Array): void;
  /** Resolves when everything asked for is on disk. Never rejects: a failure was an alarm. */
  flush(): Promise<void>;
}

const DEFAULT_MAX_QUEUED_BYTES = 64 * 1024 * 1024;

/** With a limit on the total, a file takes at most this part of it, so that deleting whole files can keep the limit. */
const FILES_WITHIN_LIMIT = 4;

export function createArchive(options: ArchiveOptions): Archive {
  return new FlacArchive(options);
}

/** After a failure a new recording is tried this long later. */
const RETRY_AFTER_MS = 10_000;

/** One recording from `begin` to `end`, as the calls see it; the disk follows behind. */
interface Session {
  /** The file, once it is open. */
  recording?: Recording;
  /** Frames of the write that is queued but not begun. */
  waiting?: FlacFrame[] | undefined;
  /** No more frames are taken; those taken are still written, unless the disk refused one. */
  refusing: boolean;
  /** The disk refused: nothing more of this recording is written. */
  broken: boolean;
}

class FlacArchive implements Archive {
  readonly #options: ArchiveOptions;
  readonly #maxQueuedBytes: number;
  readonly #maxFileBytes: number;
  #tail: Promise<void> = Promise.resolve();
  #queuedBytes = 0;
  #session: Session | undefined;
  #rotateAtMs = Number.POSITIVE_INFINITY;
  /** UTC label at which a failed archive tries again; known with the first label after the failure. */
  #retryAtMs: number | undefined;
  #failed = false;

  constructor(options: ArchiveOptions) {
    this.#options = options;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES;
    this.#maxFileBytes = (options.maxTotalBytes ?? Number.POSITIVE_INFINITY) / FILES_WITHIN_LIMIT;
  }

  get status(): ArchiveStatus {
    const recording = this.#session?.recording;
    return {
      state: this.#failed ? 'failed' : recording === undefined ? 'idle' : 'recording',
      ...(recording === undefined ? {} : { file: recording.path }),
      bytes: recording?.bytes ?? 0,
      frames: recording?.frames ?? 0,
    };
  }

  begin(start: RecordingStart): void {
    const session: Session = { refusing: false, broken: false };
    this.#session = session;
    this.#rotateAtMs = nextRotation(start.utcMs);
    this.#retryAtMs = undefined;
    const { directory, maxTotalBytes, monotonicMs = () => performance.now() } = this.#options;
    this.#enqueue(session, async () => {
      if (maxTotalBytes !== undefined) await pruneRecordings(directory, maxTotalBytes, this.#maxFileBytes);
      session.recording = await Recording.begin(directory, start, monotonicMs);
      if (!session.refusing) this.#failed = false;
    });
  }

  write(frames: readonly FlacFrame[]): void {
    const session = this.#session;
    if (session === undefined || session.refusing || frames.length === 0) return;
    const bytes = frames.reduce((sum, { data }) => sum + data.length, 0);
    if (this.#queuedBytes + bytes > this.#maxQueuedBytes) {
      this.#overflow(session);
      return;
    }
    this.#queuedBytes += bytes;
    if (session.waiting === undefined) this.#enqueueWrite(session);
    session.waiting?.push(...frames);
  }

  /** One write takes all frames that have come by the time the disk is free. */
  #enqueueWrite(session: Session): void {
    const frames: FlacFrame[] = [];
    session.waiting = frames;
    this.#enqueue(session, async () => {
      session.waiting = undefined;
      this.#queuedBytes -= frames.reduce((sum, { data }) => sum + data.length, 0);
      if (!session.broken) await session.recording?.write(frames);
    });
  }

  shouldRotate(utcMs: number): boolean {
    const session = this.#session;
    if (session?.refusing) {
      this.#retryAtMs ??= utcMs + RETRY_AFTER_MS;
      return utcMs >= this.#retryAtMs;
    }
    return utcMs >= this.#rotateAtMs || (session?.recording?.bytes ?? 0) >= this.#maxFileBytes;
  }

  end(streamInfo: Uint8Array): void {
    const session = this.#session;
    this.#session = undefined;
    // A recording that misses frames is not finished with totals that count them: it stays in staging, to be repaired.
    if (session === undefined || session.refusing) return;
    this.#enqueue(session, async () => {
      const path = await session.recording?.finish(streamInfo);
      if (path !== undefined) this.#options.onFinished?.(path);
    });
  }

  async flush(): Promise<void> {
    await this.#tail;
  }

  #enqueue(session: Session, step: () => Promise<void>): void {
    this.#tail = this.#tail.then(async () => {
      try {
        await step();
      } catch (error) {
        await this.#break(session, error);
      }
    });
  }

  /** The disk is too slow: what was taken is written, and the recording ends there. */
  #overflow(session: Session): void {
    session.refusing = true;
    this.#alarm(`the disk is ${this.#queuedBytes} bytes behind; the limit is ${this.#maxQueuedBytes}`);
    this.#enqueue(session, async () => await session.recording?.abandon());
  }

  async #break(session: Session, error: unknown): Promise<void> {
    if (session.broken) return;
    session.broken = true;
    session.refusing = true;
    this.#alarm(error instanceof Error ? error.message : String(error));
    await session.recording?.abandon().catch(() => undefined);
  }

  #alarm(reason: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onAlarm?.(
      `archive stopped: ${reason}. The stream goes on, and recording is tried again every ${RETRY_AFTER_MS / 1000} s`,
    );
  }
}
