import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FlacFrame } from '@bucket-radio/pcm';
import { flacFileHeader, STREAMINFO_BYTES, STREAMINFO_OFFSET } from './metadata.ts';
import { moveToFinalName, syncDirectory } from './move.ts';
import { recordingName, STAGING_DIRECTORY, stagingName } from './paths.ts';

export interface RecordingStart {
  /** The encoder's `fLaC` + STREAMINFO, 42 bytes. */
  readonly header: Uint8Array;
  /** UTC label of the first frame, in milliseconds; names the file. */
  readonly utcMs: number;
  /** Station frame of the first frame. */
  readonly firstFrame: number;
  readonly station: string;
}

/** At most this much audio is in the kernel's page cache only. */
const SYNC_INTERVAL_MS = 1000;

/** One FLAC file being written: in staging until it is whole, then under its final name. */
export class Recording {
  /** Path below the archive directory, without extension. */
  readonly #name: string;
  readonly #directory: string;
  readonly #stagingPath: string;
  readonly #file: FileHandle;
  readonly #monotonicMs: () => number;
  #syncedAtMs: number;
  bytes = 0;
  frames = 0;

  private constructor(
    directory: string,
    name: string,
    stagingPath: string,
    file: FileHandle,
    monotonicMs: () => number,
  ) {
    this.#directory = directory;
    this.#name = name;
    this.#stagingPath = stagingPath;
    this.#file = file;
    this.#monotonicMs = monotonicMs;
    this.#syncedAtMs = monotonicMs();
  }

  static async begin(directory: string, start: RecordingStart, monotonicMs: () => number): Promise<Recording> {
    const name = recordingName(start.utcMs);
    const staging = join(directory, STAGING_DIRECTORY);
    await mkdir(staging, { recursive: true });
    const path = join(staging, stagingName({ name, firstFrame: start.firstFrame, pid: process.pid }));
    const recording = new Recording(directory, name, path, await open(path, 'wx'), monotonicMs);
    const header = flacFileHeader(start.header, {
      TITLE: start.station,
      DATE: new Date(start.utcMs).toISOString(),
      FIRST_FRAME: String(start.firstFrame),
    });
    await recording.#append(header);
    // From here on a power cut leaves a file that can be repaired.
    await recording.#file.datasync();
    await syncDirectory(staging);
    return recording;
  }

  get path(): string {
    return this.#stagingPath;
  }

  /**
   * One write for what has come since the last, live one FLAC frame, and `fdatasync` each second: a killed process
   * loses the frame in flight, a power cut a second.
   */
  async write(frames: readonly FlacFrame[]): Promise<void> {
    await this.#append(...frames.map(({ data }) => data));
    this.frames += frames.reduce((sum, frame) => sum + frame.frames, 0);
    const now = this.#monotonicMs();
    if (now - this.#syncedAtMs >= SYNC_INTERVAL_MS) {
      this.#syncedAtMs = now;
      await this.#file.datasync();
    }
  }

  /**
   * Writes totals and MD5 into STREAMINFO, syncs, and gives the file its final name.
   * @returns the final path; an existing recording of the same second is kept beside it
   */
  async finish(streamInfo: Uint8Array): Promise<string> {
    if (streamInfo.length !== STREAMINFO_BYTES) {
      throw new RangeError(`STREAMINFO has ${streamInfo.length} bytes; it has ${STREAMINFO_BYTES}`);
    }
    await this.#file.write(streamInfo, 0, STREAMINFO_BYTES, STREAMINFO_OFFSET);
    await this.#file.sync();
    await this.#file.close();
    return await moveToFinalName(this.#directory, this.#name, this.#stagingPath);
  }

  /** Leaves the file in staging as it is; a later start repairs it. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }

  async #append(...parts: readonly Uint8Array[]): Promise<void> {
    const wanted = parts.reduce((sum, { length }) => sum + length, 0);
    const { bytesWritten } = await this.#file.writev(parts, this.bytes);
    if (bytesWritten !== wanted) {
      throw new Error(`wrote ${bytesWritten} of ${wanted} bytes of ${basename(this.#stagingPath)}: the disk is full`);
    }
    this.bytes += bytesWritten;
  }
}
