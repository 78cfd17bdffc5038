import { mkdir } from 'node:fs/promises';
import { type FlacFrame, SAMPLE_RATE } from '@bucket-radio/pcm';
import { type DiskLimits, type DiskStatus, DiskWatch } from './disk.ts';
import { NotesQueue, type RecordingNote } from './notes-queue.ts';
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
  /** What may be taken of the disk. Default: all of it. */
  readonly disk?: DiskLimits;
  /** Called when the archive stops before its time; the stream goes on. */
  readonly onAlarm?: (message: string) => void;
  /** Called when a recording goes on after an alarm. */
  readonly onResumed?: () => void;
  /** Called with each file that was left in staging after an alarm: nobody writes it any more, it can be repaired. */
  readonly onAbandoned?: (path: string) => void;
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
  /** As last looked at; absent before the first recording. */
  readonly disk?: DiskStatus;
}

/**
 * Bit-perfect FLAC recordings. Calls return at once and are carried out in order; nothing here ever makes capture wait.
 */
export interface Archive {
  readonly status: ArchiveStatus;
  /** Starts a recording. */
  begin(start: RecordingStart): void;
  write(frames: readonly FlacFrame[]): void;
  /** Notes something about frames that are or will be recorded, in the sidecar of the recording that has them. */
  note(note: RecordingNote): void;
  /** The label of a block that is about to be recorded; about one a minute goes into the sidecar. */
  label(frame: number, utcMs: number): void;
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

/** Labels in a sidecar are this far apart. */
const LABEL_FRAMES = 60 * SAMPLE_RATE;

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
  readonly #monotonicMs: () => number;
  readonly #disk: DiskWatch;
  readonly #notes = new NotesQueue();
  #label: { readonly frame: number; readonly utcMs: number } | undefined;
  #labelledFrame = 0;
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
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#disk = new DiskWatch(options.directory, options.disk ?? {}, this.#monotonicMs);
    this.#maxFileBytes = (options.maxTotalBytes ?? Number.POSITIVE_INFINITY) / FILES_WITHIN_LIMIT;
  }

  get status(): ArchiveStatus {
    const recording = this.#session?.recording;
    return {
      state: this.#failed ? 'failed' : recording === undefined ? 'idle' : 'recording',
      ...(recording === undefined ? {} : { file: recording.path }),
      bytes: recording?.bytes ?? 0,
      frames: recording?.frames ?? 0,
      ...(this.#disk.status === undefined ? {} : { disk: this.#disk.status }),
    };
  }

  begin(start: RecordingStart): void {
    const session: Session = { refusing: false, broken: false };
    this.#session = session;
    this.#rotateAtMs = nextRotation(start.utcMs);
    this.#retryAtMs = undefined;
    this.#label = undefined;
    this.#labelledFrame = start.firstFrame;
    const { directory, maxTotalBytes } = this.#options;
    this.#enqueue(session, async () => {
      if (maxTotalBytes !== undefined) await pruneRecordings(directory, maxTotalBytes, this.#maxFileBytes);
      await mkdir(directory, { recursive: true });
      await this.#disk.beforeStart({ afterFailure: this.#failed });
      session.recording = await Recording.begin(directory, start, this.#monotonicMs);
      this.#notes.begin(start.firstFrame);
      if (session.refusing || !this.#failed) return;
      this.#failed = false;
      this.#options.onResumed?.();
    });
  }

  note(note: RecordingNote): void {
    this.#notes.add(note);
  }

  label(frame: number, utcMs: number): void {
    this.#label = { frame, utcMs };
    if (frame - this.#labelledFrame >= LABEL_FRAMES) this.#noteLabel();
  }

  #noteLabel(): void {
    if (this.#label === undefined || this.#label.frame <= this.#labelledFrame) return;
    this.#labelledFrame = this.#label.frame;
    this.note({ type: 'time', ...this.#label });
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
      if (session.broken || session.recording === undefined) return;
      await this.#writeFrames(session.recording, frames);
    });
  }

  async #writeFrames(recording: Recording, frames: readonly FlacFrame[]): Promise<void> {
    const before = recording.bytes;
    await recording.write(frames);
    await recording.note(this.#notes.take(recording.endFrame));
    await this.#disk.afterWrite(recording.bytes - before, recording);
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
    this.#noteLabel();
    this.#enqueue(session, async () => {
      if (session.broken || session.recording === undefined) return;
      await session.recording.note(this.#notes.take(session.recording.endFrame));
      const path = await session.recording.finish(streamInfo);
      this.#options.onFinished?.(path);
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
    this.#enqueue(session, async () => await this.#abandon(session));
  }

  async #abandon({ recording }: Session): Promise<void> {
    if (recording === undefined) return;
    await recording.abandon();
    this.#options.onAbandoned?.(recording.path);
  }

  async #break(session: Session, error: unknown): Promise<void> {
    if (session.broken) return;
    session.broken = true;
    session.refusing = true;
    this.#alarm(error instanceof Error ? error.message : String(error));
    await this.#abandon(session);
  }

  #alarm(reason: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onAlarm?.(
      `archive stopped: ${reason}. The stream goes on, and recording is tried again every ${RETRY_AFTER_MS / 1000} s`,
    );
  }
}
