import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createArchive } from './archive.ts';
import { listRecordings, listUnfinished, pruneRecordings } from './retention.ts';

const EIGHT_PM = Date.UTC(2026, 10, 20, 20, 0, 0);
const header = Uint8Array.of(0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34, ...new Uint8Array(34));
const streamInfo = new Uint8Array(34).fill(7);
const frame = (position: number, byte: number, bytes = 100) => ({
  position,
  frames: 1920,
  data: new Uint8Array(bytes).fill(byte),
});
const start = { header, utcMs: EIGHT_PM, firstFrame: 480_000, station: 'Test Station' };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'archive-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

it('writes frames in order behind header and tags, and the final STREAMINFO in its place', async () => {
  const finished: string[] = [];
  const archive = createArchive({ directory, onFinished: (path) => finished.push(path) });
  archive.begin(start);
  archive.write([frame(480_000, 1), frame(481_920, 2)]);
  await archive.flush();
  expect(archive.status).toMatchObject({ state: 'recording', frames: 3840 });
  expect(await listUnfinished(directory)).toEqual([archive.status.file]);
  archive.write([frame(483_840, 3)]);
  archive.end(streamInfo);
  await archive.flush();
  expect(finished.map((path) => relative(directory, path))).toEqual(['2026/11/20/200000Z.flac']);
  const file = await readFile(finished[0]!);
  expect(file.subarray(0, 8)).toEqual(Buffer.from([0x66, 0x4c, 0x61, 0x43, 0, 0, 0, 34]));
  expect(file.subarray(8, 42)).toEqual(Buffer.from(streamInfo));
  const tagsLength = file.readUIntBE(43, 3);
  expect(file[42]).toBe(0x84);
  const tags = file.subarray(46, 46 + tagsLength).toString();
  expect(tags).toContain('TITLE=Test Station');
  expect(tags).toContain('FIRST_FRAME=480000');
  const audio = Buffer.concat([1, 2, 3].map((byte) => Buffer.alloc(100, byte)));
  expect(file.subarray(46 + tagsLength)).toEqual(audio);
  expect(archive.status.state).toBe('idle');
  expect(await listUnfinished(directory)).toEqual([]);
});

it('keeps both recordings that start within one second', async () => {
  const archive = createArchive({ directory });
  for (let n = 0; n < 2; n++) {
    archive.begin({ ...start, firstFrame: n });
    archive.end(streamInfo);
  }
  await archive.flush();
  expect((await listRecordings(directory)).map(({ path }) => relative(directory, path))).toEqual([
    '2026/11/20/200000Z-2.flac',
    '2026/11/20/200000Z.flac',
  ]);
});

it('asks for a new recording at the UTC hour', async () => {
  const archive = createArchive({ directory });
  expect(archive.shouldRotate(EIGHT_PM)).toBe(false);
  archive.begin(start);
  expect(archive.shouldRotate(EIGHT_PM + 3_599_960)).toBe(false);
  expect(archive.shouldRotate(EIGHT_PM + 3_600_000)).toBe(true);
  archive.end(streamInfo);
  await archive.flush();
});

it('stays below its limit in all, oldest recordings first', async () => {
  const archive = createArchive({ directory, maxTotalBytes: 8000 });
  for (let n = 0; n < 6; n++) {
    archive.begin({ ...start, utcMs: EIGHT_PM + n * 1000 });
    archive.write([frame(0, n, 1900)]);
    await archive.flush();
    expect(archive.shouldRotate(EIGHT_PM)).toBe(true);
    archive.end(streamInfo);
    await archive.flush();
    const recordings = await listRecordings(directory);
    expect(recordings.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(8000);
  }
  expect((await listRecordings(directory)).map(({ path }) => path.slice(-12))).toEqual(
    [3, 4, 5].map((second) => `20000${second}Z.flac`),
  );
});

it('never deletes a file that is not a recording', async () => {
  await mkdir(join(directory, '2026/11/20'), { recursive: true });
  await writeFile(join(directory, '2026/11/20/master tape.flac'), 'precious');
  await writeFile(join(directory, '2026/11/20/190000Z.flac'), 'old');
  expect(await pruneRecordings(directory, 0, 0)).toEqual([join(directory, '2026/11/20/190000Z.flac')]);
  expect(await readFile(join(directory, '2026/11/20/master tape.flac'), 'utf8')).toBe('precious');
});

it('writes what it has taken when the disk falls behind, says so once, and records again later', async () => {
  const alarms: string[] = [];
  const archive = createArchive({ directory, maxQueuedBytes: 250, onAlarm: (message) => alarms.push(message) });
  archive.begin(start);
  for (let n = 0; n < 5; n++) archive.write([frame(n, n + 1)]);
  await archive.flush();
  expect(alarms).toEqual([expect.stringContaining('200 bytes behind; the limit is 250')]);
  expect(archive.status.state).toBe('failed');
  const [unfinished] = await listUnfinished(directory);
  expect((await readFile(unfinished!)).subarray(-200)).toEqual(
    Buffer.concat([Buffer.alloc(100, 1), Buffer.alloc(100, 2)]),
  );

  expect(archive.shouldRotate(EIGHT_PM + 200)).toBe(false);
  expect(archive.shouldRotate(EIGHT_PM + 10_200)).toBe(true);
  archive.end(streamInfo);
  archive.begin({ ...start, utcMs: EIGHT_PM + 10_200, firstFrame: 970_000 });
  archive.write([frame(0, 9)]);
  archive.end(streamInfo);
  await archive.flush();
  expect(archive.status.state).toBe('idle');
  expect((await listRecordings(directory)).map(({ path }) => relative(directory, path))).toEqual([
    '2026/11/20/200010Z.flac',
  ]);
  expect(await listUnfinished(directory)).toEqual([unfinished]);
});

it('stops with one alarm when the directory cannot be written', async () => {
  await writeFile(join(directory, 'file'), '');
  const alarms: string[] = [];
  const archive = createArchive({ directory: join(directory, 'file'), onAlarm: (message) => alarms.push(message) });
  archive.begin(start);
  archive.write([frame(0, 0)]);
  await archive.flush();
  expect(alarms).toEqual([expect.stringMatching(/^archive stopped: EEXIST.*The stream goes on/)]);
  expect(archive.status.state).toBe('failed');
});
