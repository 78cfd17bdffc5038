import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';
import { madeSegment } from '@bucket-radio/testing/made-segment';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Spool, type SpoolOptions, systemDisk } from './spool.ts';

const EPOCH = '01JD0000000000000000000000';
const UTC_MS = 1_764_100_000_000;

let directory: string;
let dropped: [index: number, why: string][];
let failures: unknown[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spool-'));
  dropped = [];
  failures = [];
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function spoolOf(options: Partial<SpoolOptions> = {}): Spool {
  return new Spool({
    directory,
    epoch: EPOCH,
    firstIndex: 0,
    minFreeBytes: 0,
    reserved: async () => undefined,
    onDropped: (index, why) => dropped.push([index, why]),
    onDiskFailed: (error) => failures.push(error),
    ...options,
  });
}

const segment = (rendition: RenditionName, index: number, bytes = 100): EncodedSegment =>
  madeSegment(rendition, index, { seconds: 1, bytes, startMs: UTC_MS });

/** Both renditions of a segment, on disk when this resolves. */
async function add(spool: Spool, index: number): Promise<void> {
  for (const rendition of ['hq', 'lq'] as const) spool.add(segment(rendition, index));
  await spool.settled(index);
}

async function bytesOf(spool: Spool, index: number, rendition: RenditionName): Promise<number[]> {
  return [...((await spool.take(index, rendition)) ?? [])];
}

const indices = (spool: Spool): number[] => [...new Set([...spool.objects].map(({ index }) => index))];
const files = async (): Promise<string[]> => (await readdir(join(directory, EPOCH))).sort();

/** Removed files go in the background. */
async function filesBecome(count: number): Promise<void> {
  await expect.poll(async () => (await files()).length, { timeout: 20_000 }).toBe(count);
}

describe('the spool', () => {
  it('gives back after a restart what was on disk, byte for byte, with its time', async () => {
    const first = spoolOf();
    await first.load();
    await add(first, 0);
    await add(first, 1);
    const second = spoolOf({ firstIndex: 2 });
    expect(await second.load()).toEqual({ foreign: 0 });
    expect(indices(second).sort()).toEqual([0, 1]);
    expect(second.find(1, 'hq')).toMatchObject({ utcMs: UTC_MS + 1000, bytes: 100 });
    expect(await bytesOf(second, 1, 'hq')).toEqual([...segment('hq', 1).data]);
    expect(second.diskBytes).toBe(400);
  });

  it('removes what other epochs left, what no segment is called, and what the journal does not know', async () => {
    await mkdir(join(directory, 'another-epoch'));
    await writeFile(join(directory, 'another-epoch', '00000001.hq.1'), 'x');
    await mkdir(join(directory, EPOCH));
    const names = ['00000004.hq.1764100004000000', '00000005.hq.1764100005000000', '00000004.lq.1764100004000000.tmp'];
    for (const name of names) await writeFile(join(directory, EPOCH, name), 'abc');
    const spool = spoolOf({ firstIndex: 5 });
    expect(await spool.load()).toEqual({ foreign: 1 });
    expect(await files()).toEqual([names[0]]);
    expect(await readdir(directory)).toEqual([EPOCH]);
    expect(indices(spool)).toEqual([4]);
  });

  it('gives up the oldest segments, both renditions, when the disk has its limit, and tells each once', async () => {
    const spool = spoolOf({ maxDiskBytes: 400 });
    await spool.load();
    for (let index = 0; index < 4; index++) await add(spool, index);
    expect(dropped).toEqual([
      [0, 'disk limit'],
      [1, 'disk limit'],
    ]);
    expect(indices(spool)).toEqual([2, 3]);
    expect(spool.diskBytes).toBe(400);
    await filesBecome(4);
  });

  it('gives up what is too old', async () => {
    const spool = spoolOf({ maxAgeMs: 1500 });
    await spool.load();
    for (let index = 0; index < 4; index++) await add(spool, index);
    expect(dropped).toEqual([
      [0, 'too old'],
      [1, 'too old'],
    ]);
    await filesBecome(4);
  });

  it('keeps within its memory by what the disk has too, and loses nothing by it', async () => {
    const spool = spoolOf({ maxMemoryBytes: 250 });
    await spool.load();
    for (let index = 0; index < 5; index++) await add(spool, index);
    await spool.flush();
    expect(spool.memoryBytes).toBeLessThanOrEqual(250);
    expect(dropped).toEqual([]);
    for (let index = 0; index < 5; index++) {
      expect(await bytesOf(spool, index, 'lq')).toEqual([...segment('lq', index).data]);
      spool.release(index, 'lq');
    }
    expect(spool.memoryBytes).toBeLessThanOrEqual(250);
  });

  it('without a disk gives up the oldest, both renditions, when memory has its limit', async () => {
    const spool = new Spool({
      epoch: EPOCH,
      firstIndex: 0,
      maxMemoryBytes: 450,
      reserved: async () => undefined,
      onDropped: (index, why) => dropped.push([index, why]),
      onDiskFailed: (error) => failures.push(error),
    });
    expect(await spool.load()).toEqual({ foreign: 0 });
    for (let index = 0; index < 4; index++) await add(spool, index);
    expect(dropped).toEqual([
      [0, 'memory limit'],
      [1, 'memory limit'],
    ]);
    expect(indices(spool)).toEqual([2, 3]);
    expect(spool.memoryBytes).toBe(400);
  });

  it('keeps in memory what a full disk refuses, and tells it', async () => {
    const spool = spoolOf({ minFreeBytes: 1000, disk: { ...systemDisk, freeBytes: async () => 1050 } });
    await spool.load();
    await add(spool, 0);
    expect(failures).toHaveLength(2);
    expect(String(failures[0])).toContain(`less than 1000 bytes are free in ${directory}`);
    expect(spool.diskBytes).toBe(0);
    expect(await files()).toEqual([]);
    expect(await bytesOf(spool, 0, 'hq')).toEqual([...segment('hq', 0).data]);
    expect(dropped).toEqual([]);
  });

  it('gives up a segment that the disk does not give back, and counts its memory no longer', async () => {
    const broken = new Error('EIO: i/o error, read');
    const disk = { ...systemDisk, read: async () => Promise.reject(broken) };
    const spool = spoolOf({ maxMemoryBytes: 0, disk });
    await spool.load();
    await add(spool, 0);
    await spool.flush();
    expect(spool.memoryBytes).toBe(0);
    expect(await spool.take(0, 'hq')).toBeUndefined();
    expect(failures).toEqual([broken]);
    expect(spool.find(0, 'hq')).toBeUndefined();
    expect(spool.memoryBytes).toBe(0);
    await filesBecome(1);
  });

  it('leaves no file of a segment that was given up while it was written', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const spool = spoolOf({
      disk: {
        ...systemDisk,
        writeDurably: async (path, data) => {
          await promise;
          await systemDisk.writeDurably(path, data);
        },
      },
    });
    await spool.load();
    spool.add(segment('hq', 0));
    const settled = spool.settled(0);
    // Until its turn to write has come, there is nothing to be left.
    await new Promise(setImmediate);
    spool.dropBelow(1);
    resolve();
    await settled;
    expect(dropped).toEqual([[0, 'left the window']]);
    await filesBecome(0);
    expect([spool.diskBytes, spool.memoryBytes, spool.bytes]).toEqual([0, 0, 0]);
  });

  it('refuses a segment that comes twice', async () => {
    const spool = spoolOf();
    await spool.load();
    await add(spool, 0);
    expect(() => spool.add(segment('hq', 0))).toThrow('segment 0 came twice as hq');
  });
});
