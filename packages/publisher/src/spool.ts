import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { formatIndex } from '@bucket-radio/manifest';
import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';

/** The file system as the spool uses it; tests fill the disk. */
export interface SpoolDisk {
  writeDurably(path: string, data: Uint8Array): Promise<void>;
  read(path: string): Promise<Uint8Array>;
  freeBytes(directory: string): Promise<number>;
}

/** What may wait for the bucket. */
export interface SpoolLimits {
  /** Bytes of segments kept in memory. Default 32 MiB: two pairs of 10 s and what is being read back. */
  readonly maxMemoryBytes?: number;
  /** Bytes of segments on disk. Default 8 GiB: about seven hours. */
  readonly maxDiskBytes?: number;
  /** Segments older than this are dropped, in milliseconds. Default 24 h. */
  readonly maxAgeMs?: number;
  /** Bytes that stay free on the disk: recordings come first. Default 1 GiB. */
  readonly minFreeBytes?: number;
}

export interface SpoolOptions extends SpoolLimits {
  /** Where segments are spilled to; without one they wait in memory only. */
  readonly directory?: string;
  readonly epoch: string;
  readonly disk?: SpoolDisk;
  /** First index of this run. What a run before left from there on was not in its journal, and so nowhere else. */
  readonly firstIndex: number;
  /** Resolves when the journal knows the index; only then does it go to disk. Never rejects. */
  readonly reserved: (index: number) => Promise<void>;
  /** A segment was given up: nobody will hear it from the bucket. The archive has it. */
  readonly onDropped: (index: number, why: DropReason) => void;
  /** The disk refuses: segments wait in memory only until it takes them again. */
  readonly onDiskFailed: (error: unknown) => void;
}

export type DropReason = 'memory limit' | 'disk limit' | 'too old' | 'left the window';

/** One object that waits for the bucket. */
export interface SpooledObject {
  readonly index: number;
  readonly rendition: RenditionName;
  readonly utcMs: number;
  readonly bytes: number;
}

interface Entry extends SpooledObject {
  data: Uint8Array | undefined;
  file: string | undefined;
  writing: Promise<void> | undefined;
  /** Being uploaded: its bytes stay where they are. */
  uses: number;
}

const MIB = 1024 * 1024;
const DEFAULTS = {
  maxMemoryBytes: 32 * MIB,
  maxDiskBytes: 8 * 1024 * MIB,
  maxAgeMs: 24 * 3_600_000,
  minFreeBytes: 1024 * MIB,
} as const satisfies Required<SpoolLimits>;

const FILE_NAME = /^(\d{8,15})\.(hq|lq)\.(\d+)$/;

/**
 * Encoded segments on their way to the bucket. Each is written to disk as soon as it is there, so that neither an outage
 * nor a kill loses it; its bytes stay in memory while `maxMemoryBytes` allows.
 */
export class Spool {
  readonly #options: SpoolOptions & Required<SpoolLimits>;
  readonly #disk: SpoolDisk;
  readonly #entries = new Map<string, Entry>();
  #memoryBytes = 0;
  #diskBytes = 0;
  #peakMemoryBytes = 0;

  constructor(options: SpoolOptions) {
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    this.#options = { ...DEFAULTS, ...(given as unknown as SpoolOptions) };
    this.#disk = options.disk ?? systemDisk;
  }

  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Most bytes that were in memory at once. */
  get peakMemoryBytes(): number {
    return this.#peakMemoryBytes;
  }

  get diskBytes(): number {
    return this.#diskBytes;
  }

  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#entries.values()) sum += bytes;
    return sum;
  }

  /** Everything that waits. */
  get objects(): Iterable<SpooledObject> {
    return this.#entries.values();
  }

  find(index: number, rendition: RenditionName): SpooledObject | undefined {
    return this.#entries.get(entryKey(index, rendition));
  }

  /** Takes up what an earlier run of this epoch left; what other epochs left is removed. @returns their number */
  async load(): Promise<{ readonly foreign: number }> {
    const { directory, epoch } = this.#options;
    if (directory === undefined) return { foreign: 0 };
    let foreign = 0;
    for (const name of await readdir(directory).catch(() => [])) {
      if (name === epoch) continue;
      foreign += (await readdir(join(directory, name)).catch(() => [])).length;
      await rm(join(directory, name), { recursive: true, force: true });
    }
    const own = join(directory, epoch);
    await mkdir(own, { recursive: true });
    for (const name of await readdir(own)) await this.#loadFile(join(own, name), name);
    return { foreign };
  }

  async #loadFile(file: string, name: string): Promise<void> {
    const [, index, rendition, utcUs] = FILE_NAME.exec(name) ?? [];
    if (index === undefined || rendition === undefined || Number(index) >= this.#options.firstIndex) {
      await rm(file, { force: true });
      return;
    }
    const { size: bytes } = await stat(file);
    const object = { index: Number(index), rendition: rendition as RenditionName, utcMs: Number(utcUs) / 1000, bytes };
    this.#entries.set(entryKey(object.index, object.rendition), {
      ...object,
      file,
      data: undefined,
      writing: undefined,
      uses: 0,
    });
    this.#diskBytes += bytes;
  }

  /** Takes a segment; returns at once. */
  add({ index, rendition, utcMs, data }: EncodedSegment): void {
    const key = entryKey(index, rendition);
    if (this.#entries.has(key)) throw new RangeError(`segment ${index} came twice as ${rendition}`);
    const entry: Entry = {
      index,
      rendition,
      utcMs,
      bytes: data.length,
      data,
      file: undefined,
      writing: undefined,
      uses: 0,
    };
    this.#entries.set(key, entry);
    this.#countMemory(data.length);
    this.#dropOld(utcMs);
    entry.writing = this.#write(entry).finally(() => {
      entry.writing = undefined;
      this.#trim();
    });
    if (this.#options.directory === undefined) this.#trim();
  }

  /** Resolves when the segment is on disk, or will not be. Never rejects. */
  async settled(index: number): Promise<void> {
    const pair = [this.#entries.get(entryKey(index, 'hq')), this.#entries.get(entryKey(index, 'lq'))];
    await Promise.all(pair.map(async (entry) => await entry?.writing));
  }

  /** The bytes, held until `release`. @returns `undefined` when it was dropped meanwhile */
  async take(index: number, rendition: RenditionName): Promise<Uint8Array | undefined> {
    const entry = this.#entries.get(entryKey(index, rendition));
    if (entry === undefined) return undefined;
    entry.uses += 1;
    if (entry.data !== undefined) return entry.data;
    this.#countMemory(entry.bytes);
    try {
      entry.data = await this.#disk.read(entry.file as string);
      return entry.data;
    } catch (error) {
      this.#memoryBytes -= entry.bytes;
      entry.uses -= 1;
      this.#options.onDiskFailed(error);
      this.remove(index, rendition);
      return undefined;
    }
  }

  release(index: number, rendition: RenditionName): void {
    const entry = this.#entries.get(entryKey(index, rendition));
    if (entry === undefined) return;
    entry.uses -= 1;
    this.#trim();
  }

  /** It is in the bucket, or nobody wants it any more. */
  remove(index: number, rendition: RenditionName): void {
    const key = entryKey(index, rendition);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    if (entry.data !== undefined) this.#memoryBytes -= entry.bytes;
    entry.data = undefined;
    void this.#removeFile(entry);
  }

  /** Gives up what is older than `index`. */
  dropBelow(index: number): void {
    for (const entry of [...this.#entries.values()]) if (entry.index < index) this.#drop(entry, 'left the window');
  }

  /** Resolves when nothing is being written to disk. */
  async flush(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(async ({ writing }) => await writing));
  }

  #dropOld(newestUtcMs: number): void {
    for (const entry of [...this.#entries.values()])
      if (newestUtcMs - entry.utcMs > this.#options.maxAgeMs) this.#drop(entry, 'too old');
  }

  async #write(entry: Entry): Promise<void> {
    const { directory, epoch, maxDiskBytes, minFreeBytes } = this.#options;
    if (directory === undefined) return;
    while (this.#diskBytes + entry.bytes > maxDiskBytes && this.#dropOldestOnDisk(entry)) {}
    const name = `${formatIndex(entry.index)}.${entry.rendition}.${Math.round(entry.utcMs * 1000)}`;
    const file = join(directory, epoch, name);
    this.#diskBytes += entry.bytes;
    try {
      await this.#options.reserved(entry.index);
      if ((await this.#disk.freeBytes(join(directory, epoch))) < minFreeBytes + entry.bytes) {
        throw new Error(`less than ${minFreeBytes} bytes are free in ${directory}`);
      }
      if (entry.data === undefined) {
        this.#diskBytes -= entry.bytes;
        return;
      }
      await this.#disk.writeDurably(file, entry.data);
      entry.file = file;
      if (!this.#entries.has(entryKey(entry.index, entry.rendition))) await this.#removeFile(entry);
    } catch (error) {
      this.#diskBytes -= entry.bytes;
      this.#options.onDiskFailed(error);
    }
  }

  #dropOldestOnDisk(except: Entry): boolean {
    const oldest = [...this.#entries.values()]
      .filter(({ file, index }) => file !== undefined && index !== except.index)
      .reduce<Entry | undefined>(
        (low, entry) => (low === undefined || entry.index < low.index ? entry : low),
        undefined,
      );
    if (oldest === undefined) return false;
    this.#drop(oldest, 'disk limit');
    return true;
  }

  /** Keeps memory within its limit: first what disk has too, then, without a disk, the oldest is given up. */
  #trim(): void {
    const { maxMemoryBytes } = this.#options;
    if (this.#memoryBytes <= maxMemoryBytes) return;
    const oldestFirst = [...this.#entries.values()].sort((a, b) => a.index - b.index);
    for (const entry of oldestFirst) {
      if (this.#memoryBytes <= maxMemoryBytes) return;
      if (entry.data === undefined || entry.file === undefined || entry.uses > 0) continue;
      entry.data = undefined;
      this.#memoryBytes -= entry.bytes;
    }
    const newest = oldestFirst.at(-1)?.index;
    for (const entry of oldestFirst) {
      if (this.#memoryBytes <= maxMemoryBytes) return;
      if (entry.file !== undefined || entry.writing !== undefined || entry.index === newest) continue;
      this.#drop(entry, 'memory limit');
    }
  }

  #drop(entry: Entry, why: DropReason): void {
    // It may have gone with its twin a moment ago: a segment is told of once.
    if (this.#entries.get(entryKey(entry.index, entry.rendition)) !== entry) return;
    const other = entry.rendition === 'hq' ? 'lq' : 'hq';
    const alone = this.find(entry.index, other) === undefined;
    this.remove(entry.index, entry.rendition);
    if (alone) this.#options.onDropped(entry.index, why);
    else if (why !== 'left the window') {
      const twin = this.#entries.get(entryKey(entry.index, other));
      if (twin !== undefined) this.#drop(twin, why);
    }
  }

  #countMemory(bytes: number): void {
    this.#memoryBytes += bytes;
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, this.#memoryBytes);
  }

  async #removeFile(entry: Entry): Promise<void> {
    const { file } = entry;
    if (file === undefined) return;
    entry.file = undefined;
    this.#diskBytes -= entry.bytes;
    await rm(file, { force: true }).catch(() => undefined);
  }
}

function entryKey(index: number, rendition: RenditionName): string {
  return `${index}.${rendition}`;
}

/** The computer's own. */
export const systemDisk: SpoolDisk = {
  read: async (path) => await readFile(path),
  writeDurably: async (path, data) => {
    const temporary = `${path}.tmp`;
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(data);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  },
  freeBytes: async (directory) => {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  },
};
