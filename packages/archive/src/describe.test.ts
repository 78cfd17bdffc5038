import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { framesToMs, SAMPLE_RATE } from '@bucket-radio/pcm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Archive, createArchive } from './archive.ts';
import { describeRecordings, findGaps } from './describe.ts';
import { withTotals } from './metadata.ts';
import { appendNote, rebuildSidecar, reuniteSidecars } from './rebuild-sidecar.ts';
import { removeStoredRecording } from './retention.ts';
import { readNotes, type StoredNote, sidecarPath } from './sidecar.ts';

const EIGHT_PM = Date.UTC(2026, 10, 20, 20, 0, 0);
const MINUTE_FRAMES = 60 * SAMPLE_RATE;
const header = Uint8Array.of(0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34, ...new Uint8Array(34));

function streamInfo(samples: number, md5 = 7): Uint8Array {
  const pcmMd5 = new Uint8Array(16).fill(md5);
  return withTotals(new Uint8Array(34), { samples, pcmMd5, minFrameBytes: 1, maxFrameBytes: 2 });
}

let directory: string;
let archive: Archive;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'describe-'));
  archive = createArchive({
    directory,
    onAlarm: (message) => {
      throw new Error(message);
    },
  });
});
afterEach(async () => await rm(directory, { recursive: true }));

/** Records frames whose content does not matter here, each a minute long. */
function record(start: { readonly utcMs: number; readonly firstFrame: number }, minutes: number, ppm = 0): void {
  archive.begin({ header, station: 'Test', ...start });
  for (let n = 0; n < minutes; n++) {
    const position = start.firstFrame + n * MINUTE_FRAMES;
    archive.label(position, start.utcMs + framesToMs(n * MINUTE_FRAMES) * (1 + ppm / 1e6));
    archive.write([{ position, frames: MINUTE_FRAMES, data: new Uint8Array(10) }]);
  }
  archive.end(streamInfo(minutes * MINUTE_FRAMES));
}

async function recordings() {
  await archive.flush();
  return await describeRecordings(directory);
}

async function storedNote(path: string, changes: Partial<StoredNote> = {}): Promise<StoredNote> {
  const { size, mtimeMs } = await stat(path);
  return {
    type: 'stored',
    atMs: 1,
    store: 's3(cold)',
    key: 'archive/x.flac',
    sha256: 'a'.repeat(64),
    bytes: size,
    modifiedMs: mtimeMs,
    ...changes,
  };
}

it('keeps what was noted with the recording that has the frames', async () => {
  archive.note({ type: 'gap', frame: 100, frames: 50, reason: 'xrun' });
  archive.note({ type: 'cue', frame: 3 * MINUTE_FRAMES + 5, title: 'Second file', performer: 'Somebody' });
  record({ utcMs: EIGHT_PM, firstFrame: 0 }, 3);
  record({ utcMs: EIGHT_PM + 180_000, firstFrame: 3 * MINUTE_FRAMES }, 1);
  const [first, second] = await recordings();
  expect([first!.gaps, first!.cues]).toEqual([[{ type: 'gap', frame: 100, frames: 50, reason: 'xrun' }], []]);
  expect(second!.cues).toMatchObject([{ title: 'Second file', performer: 'Somebody' }]);
  expect(await readNotes(sidecarPath(first!.path))).toEqual([
    { type: 'start', version: 1, station: 'Test', frame: 0, utcMs: EIGHT_PM },
    { type: 'gap', frame: 100, frames: 50, reason: 'xrun' },
    { type: 'time', frame: MINUTE_FRAMES, utcMs: EIGHT_PM + 60_000 },
    { type: 'time', frame: 2 * MINUTE_FRAMES, utcMs: EIGHT_PM + 120_000 },
    { type: 'end', frame: 3 * MINUTE_FRAMES, pcmMd5: '07'.repeat(16) },
  ]);
});

it('shares a gap across two files between them, also when it is told late', async () => {
  record({ utcMs: EIGHT_PM, firstFrame: 0 }, 1);
  await archive.flush();
  archive.note({ type: 'gap', frame: MINUTE_FRAMES - 10, frames: 30, reason: 'unplug' });
  record({ utcMs: EIGHT_PM + 60_000, firstFrame: MINUTE_FRAMES }, 1);
  const found = await recordings();
  expect(found.map(({ gaps }) => gaps.map(({ frame, frames }) => [frame, frames]))).toEqual([
    [[MINUTE_FRAMES - 10, 10]],
    [[MINUTE_FRAMES, 20]],
  ]);
});

describe('between recordings', () => {
  it('a clock that is off by 300 ppm is no gap, and a hole is', async () => {
    record({ utcMs: EIGHT_PM, firstFrame: 0 }, 60, 300);
    record({ utcMs: EIGHT_PM + 3_600_000 * 1.0003, firstFrame: 60 * MINUTE_FRAMES }, 1);
    record({ utcMs: EIGHT_PM + 3_700_000, firstFrame: 61 * MINUTE_FRAMES }, 1);
    const found = await recordings();
    expect(found[0]!.endMs).toBeCloseTo(found[1]!.startMs, -2);
    expect(findGaps(found)).toEqual([{ fromMs: EIGHT_PM + 3_661_080, toMs: EIGHT_PM + 3_700_000 }]);
  });

  it('a later run that counts from the same frame is a gap, though the numbers fit', async () => {
    record({ utcMs: EIGHT_PM, firstFrame: 0 }, 1);
    record({ utcMs: EIGHT_PM + 90_000, firstFrame: MINUTE_FRAMES }, 1);
    expect(findGaps(await recordings())).toEqual([{ fromMs: EIGHT_PM + 60_000, toMs: EIGHT_PM + 90_000 }]);
  });
});

it('names a file that is no recording, and describes the rest', async () => {
  record({ utcMs: EIGHT_PM, firstFrame: 0 }, 1);
  await archive.flush();
  const path = join(directory, '2026/11/20/210000Z.flac');
  for (const content of ['', 'fLaC', 'not a recording at all, but long enough to be taken for one if nobody looked']) {
    await writeFile(path, content);
    const unreadable: string[] = [];
    const found = await describeRecordings(directory, { onUnreadable: (each) => unreadable.push(each) });
    expect([found.length, unreadable]).toEqual([1, [path]]);
  }
});

describe('a sidecar', () => {
  it('is rebuilt from the file and from the lines that are whole', async () => {
    archive.note({ type: 'cue', frame: 5, title: 'Kept' });
    record({ utcMs: EIGHT_PM, firstFrame: 0 }, 1);
    const [info] = await recordings();
    const path = sidecarPath(info!.path);
    const before = await readNotes(path);
    const text = await readFile(path, 'utf8');
    await writeFile(path, `${text.replace(/^.*\n/, '\0\0\0\0\n')}{"type":"cue","frame":9999999,"title":"torn`);
    await rebuildSidecar(info!.path);
    expect(await readNotes(path)).toEqual(before);
    await rm(path);
    await rebuildSidecar(info!.path);
    expect(await readNotes(path)).toEqual(before.filter(({ type }) => type !== 'cue'));
  });

  it('follows a recording that got its name just before a kill', async () => {
    record({ utcMs: EIGHT_PM, firstFrame: 480_000 }, 1);
    const [info] = await recordings();
    const left = join(directory, '.staging/2026-11-20-200000Z-480000-77.jsonl');
    const other = join(directory, '.staging/2026-11-20-200000Z-9-77.jsonl');
    await writeFile(left, await readFile(sidecarPath(info!.path)));
    await writeFile(other, 'of a recording that is not there');
    await rm(sidecarPath(info!.path));
    await reuniteSidecars(directory);
    expect(await readNotes(sidecarPath(info!.path))).toHaveLength(2);
    await expect(stat(left)).rejects.toThrow('ENOENT');
    await stat(other);
  });

  it('takes a line after one that is torn', async () => {
    record({ utcMs: EIGHT_PM, firstFrame: 0 }, 1);
    const [info] = await recordings();
    await writeFile(sidecarPath(info!.path), '{"type":"end","fra', { flag: 'a' });
    const note = await storedNote(info!.path);
    await appendNote(info!.path, note);
    expect((await recordings())[0]!.stored).toEqual(note);
  });
});

describe('a stored recording', () => {
  it('may be removed, and its sidecar goes on telling where it is', async () => {
    record({ utcMs: EIGHT_PM, firstFrame: 0 }, 1);
    const [info] = await recordings();
    await appendNote(info!.path, await storedNote(info!.path));
    const [stored] = await recordings();
    expect(await removeStoredRecording(stored!)).toBe(true);
    const [gone] = await recordings();
    expect(gone).toMatchObject({
      isLocal: false,
      path: info!.path,
      bytes: info!.bytes,
      startMs: EIGHT_PM,
      frames: MINUTE_FRAMES,
      pcmMd5: '07'.repeat(16),
      stored: { key: 'archive/x.flac' },
    });
    // Its name stays taken.
    record({ utcMs: EIGHT_PM, firstFrame: 0 }, 1);
    expect((await recordings()).map(({ path }) => path.slice(-13))).toEqual(
      expect.arrayContaining(['/200000Z.flac', '00000Z-2.flac']),
    );
  });

  it('is never removed unless it is the very file that was stored', async () => {
    record({ utcMs: EIGHT_PM, firstFrame: 0 }, 1);
    const [info] = await recordings();
    expect(await removeStoredRecording(info!)).toBe(false);
    await appendNote(info!.path, await storedNote(info!.path, { bytes: 1 }));
    expect((await recordings())[0]!.stored).toBeUndefined();
    await appendNote(info!.path, await storedNote(info!.path));
    const [stored] = await recordings();
    await utimes(info!.path, 1, 1);
    expect(await removeStoredRecording(stored!)).toBe(false);
    expect((await recordings())[0]).toMatchObject({ isLocal: true, stored: undefined });
  });
});
