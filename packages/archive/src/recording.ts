import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FlacFrame } from '@bucket-radio/pcm';
import { flacFileHeader, md5Of, STREAMINFO_BYTES, STREAMINFO_OFFSET } from './metadata.ts';
import { moveToFinalName, syncDirectory } from './move.ts';
import { recordingName, STAGING_DIRECTORY, stagingName } from './paths.ts';
import { formatNotes, type SidecarNote, sidecarPath } from './sidecar.ts';

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

/** A file that is only ever appended to. */
interface Appended {
  readonly file: FileHandle;
  bytes: number;
  /** Whether there is something that a power cut would take. */
  unsynced: boolean;
}

/** One FLAC file being written, and its sidecar: in staging until whole, then under their final name. */
export class Recording {
  /** Path below the archive directory, without extension. */
  readonly #name: string;
  readonly #directory: string;
  readonly #stagingPath: string;
  readonly #flac: Appended;
  readonly #sidecar: Appended;
  readonly #monotonicMs: () => number;
  readonly #firstFrame: number;
  #syncedAtMs: number;
  frames = 0;

  private constructor(
    where: { readonly directory: string; readonly name: string; readonly stagingPath: string },
    files: { readonly flac: FileHandle; readonly sidecar: FileHandle },
    firstFrame: number,
    monotonicMs: () => number,
  ) {
    this.#directory = where.directory;
    this.#name = where.name;
    this.#stagingPath = where.stagingPath;
    this.#flac = { file: files.flac, bytes: 0, unsynced: false };
    this.#sidecar = { file: files.sidecar, bytes: 0, unsynced: false };
    this.#firstFrame = firstFrame;
    this.#monotonicMs = monotonicMs;
    this.#syncedAtMs = monotonicMs();
  }

  static async begin(directory: string, start: RecordingStart, monotonicMs: () => number): Promise<Recording> {
    const { utcMs, firstFrame } = start;
    const name = recordingName(utcMs);
    const staging = join(directory, STAGING_DIRECTORY);
    await mkdir(staging, { recursive: true });
    const stagingPath = join(staging, stagingName({ name, firstFrame, pid: process.pid }));
    const flac = await open(stagingPath, 'wx');
    try {
      const sidecar = await open(sidecarPath(stagingPath), 'w');
      const recording = new Recording({ directory, name, stagingPath }, { flac, sidecar }, firstFrame, monotonicMs);
      await recording.#writeStart(start).catch(async (error: unknown) => {
        await sidecar.close();
        throw error;
      });
      await syncDirectory(staging);
      return recording;
    } catch (error) {
      // Nothing is lost with it, and a full disk would be tried again and again.
      await flac.close();
      await Promise.all([stagingPath, sidecarPath(stagingPath)].map(async (path) => await rm(path, { force: true })));
      throw error;
    }
  }

  get path(): string {
    return this.#stagingPath;
  }

  get bytes(): number {
    return this.#flac.bytes;
  }

  /** Station frame after the last one written. */
  get endFrame(): number {
    return this.#firstFrame + this.frames;
  }

  /**
   * One write for what has come since the last, live one FLAC frame, and `fdatasync` each second: a killed process
   * loses the frame in flight, a power cut a second.
   */
  async write(frames: readonly FlacFrame[]): Promise<void> {
    await this.#append(this.#flac, ...frames.map(({ data }) => data));
    this.frames += frames.reduce((sum, frame) => sum + frame.frames, 0);
    const now = this.#monotonicMs();
    if (now - this.#syncedAtMs >= SYNC_INTERVAL_MS) {
      this.#syncedAtMs = now;
      await this.#sync();
    }
  }

  /** Lines for the sidecar; on disk with the next second. */
  async note(notes: readonly SidecarNote[]): Promise<void> {
    if (notes.length > 0) await this.#append(this.#sidecar, Buffer.from(formatNotes(notes)));
  }

  /**
   * Writes totals and MD5 into STREAMINFO, syncs, and gives the files their final name.
   * @returns the final path; an existing recording of the same second is kept beside it
   */
  async finish(streamInfo: Uint8Array): Promise<string> {
    if (streamInfo.length !== STREAMINFO_BYTES) {
      throw new RangeError(`STREAMINFO has ${streamInfo.length} bytes; it has ${STREAMINFO_BYTES}`);
    }
    const pcmMd5 = md5Of(streamInfo);
    await this.note([{ type: 'end', frame: this.endFrame, ...(pcmMd5 === undefined ? {} : { pcmMd5 }) }]);
    await this.#flac.file.write(streamInfo, 0, STREAMINFO_BYTES, STREAMINFO_OFFSET);
    for (const { file } of [this.#sidecar, this.#flac]) {
      await file.sync();
      await file.close();
    }
    return await moveToFinalName(this.#directory, this.#name, this.#stagingPath);
  }

  /** Leaves the files in staging as they are, to be repaired. */
  async abandon(): Promise<void> {
    await Promise.allSettled([this.#flac.file.close(), this.#sidecar.file.close()]);
  }

  async #writeStart({ header, utcMs, firstFrame, station }: RecordingStart): Promise<void> {
    const tags = { TITLE: station, DATE: new Date(utcMs).toISOString(), FIRST_FRAME: String(firstFrame) };
    await this.#append(this.#flac, flacFileHeader(header, tags));
    await this.note([{ type: 'start', version: 1, station, frame: firstFrame, utcMs }]);
    // From here on a power cut leaves files that can be repaired.
    await this.#sync();
  }

  async #sync(): Promise<void> {
    for (const appended of [this.#flac, this.#sidecar]) {
      if (!appended.unsynced) continue;
      appended.unsynced = false;
      await appended.file.datasync();
    }
  }

  async #append(to: Appended, ...parts: readonly Uint8Array[]): Promise<void> {
    const wanted = parts.reduce((sum, { length }) => sum + length, 0);
    const { bytesWritten } = await to.file.writev(parts, to.bytes);
    if (bytesWritten !== wanted) {
      throw new Error(`wrote ${bytesWritten} of ${wanted} bytes of ${basename(this.#stagingPath)}: the disk is full`);
    }
    to.bytes += bytesWritten;
    to.unsynced = true;
  }
}
