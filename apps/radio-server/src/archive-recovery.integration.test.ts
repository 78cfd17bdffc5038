import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  createArchive,
  listUnfinished,
  readNotes,
  recoverRecordings,
  type SidecarNote,
  STAGING_DIRECTORY,
  sidecarPath,
} from '@bucket-radio/archive';
import { createFlacEncoder } from '@bucket-radio/encoders';
import { BLOCK_FRAMES, BYTES_PER_FRAME, type PcmBlock } from '@bucket-radio/pcm';
import { seededRandom, serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingMd5 } from './recordings/pcm-md5.ts';
import { decodeWithFlac, noiseS24le, run } from './testing/decode.ts';
import { cleanEnv } from './testing/station-process.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? '1');
const SCALE = Number(process.env['PROVE_SCALE'] ?? '1');
const KILLS = Math.max(1, Math.round(6 * SCALE));
const POWER_CUTS = Math.max(2, Math.round(2 * SCALE));

const BLOCKS = 150;
const BLOCK_BYTES = BLOCK_FRAMES * BYTES_PER_FRAME;
const BLOCK_MS = 40;
const PAGE_BYTES = 4096;
const CUE_BLOCKS = 10;
/** Long enough for a block or two, so that the kill meets writes and pauses alike. */
const MAX_KILL_DELAY_MS = 5;
const CHILD = new URL('./testing/recorder-child.ts', import.meta.url).pathname;

const usable = serviceOrSkip('ffmpeg').available && serviceOrSkip('flac').available;

/** A file after some block: its size, and how much of it had been forced to disk. */
interface Extent {
  readonly bytes: number;
  readonly syncedBytes: number;
}

describe.skipIf(!usable)('an interrupted recording', { timeout: 120_000 * Math.max(1, SCALE) }, () => {
  const random = seededRandom(SEED);
  const whole = (limit: number): number => Math.floor(random() * limit);
  const pcm = noiseS24le(BLOCKS * BLOCK_FRAMES, SEED);
  let directory: string;
  /** A recording that nobody finished, its sidecar beside it, and the frames it is made of. */
  let recording: string;
  let frames: string;
  /** FLAC file and sidecar after each block that was handed to the archive. */
  const steps: { readonly flac: Extent; readonly sidecar: Extent }[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'recovery-'));
    await record();
  });
  afterAll(async () => await rm(directory, { recursive: true }));

  function blockOf(n: number): PcmBlock {
    const data = pcm.subarray(n * BLOCK_BYTES, (n + 1) * BLOCK_BYTES);
    return { position: n * BLOCK_FRAMES, frames: BLOCK_FRAMES, data, utcMs: n * BLOCK_MS, segment: 0 };
  }

  /** Writes a recording as the station does, on a clock that moves with the sound, and keeps it as it is unfinished. */
  async function record(): Promise<void> {
    let nowMs = 0;
    const synced = await watchSyncs();
    const archive = createArchive({
      directory: join(directory, 'original'),
      monotonicMs: () => nowMs,
      onAlarm: (message) => {
        throw new Error(message);
      },
    });
    const flac = await createFlacEncoder();
    archive.begin({ header: flac.header, utcMs: Date.UTC(2026, 10, 20, 20), firstFrame: 0, station: 'Crash' });
    await archive.flush();
    const path = archive.status.file ?? '';
    const extentOf = async (file: string): Promise<Extent> => {
      const { ino, size } = await stat(file);
      return { bytes: size, syncedBytes: synced.bytes.get(ino) ?? 0 };
    };
    const written: Uint8Array[] = [flac.header];
    for (let n = 0; n < BLOCKS; n++) {
      const encoded = flac.encode(blockOf(n));
      written.push(...encoded.map(({ data }) => data));
      if (n % CUE_BLOCKS === 0) archive.note({ type: 'cue', frame: n * BLOCK_FRAMES, title: `Block ${n}` });
      archive.write(encoded);
      nowMs += BLOCK_MS;
      await archive.flush();
      steps.push({ flac: await extentOf(path), sidecar: await extentOf(sidecarPath(path)) });
    }
    synced.end();
    recording = join(directory, basename(path));
    await copyFile(path, recording);
    await copyFile(sidecarPath(path), sidecarPath(recording));
    frames = join(directory, 'frames');
    await writeFile(frames, Buffer.concat(written.flatMap((data) => [length32(data), data])));
    archive.end(flac.finish().streamInfo);
    await archive.flush();
  }

  /** Follows what is really forced to disk, by inode: every `fdatasync` of this process. */
  async function watchSyncs(): Promise<{ readonly bytes: ReadonlyMap<number, number>; end(): void }> {
    const bytes = new Map<number, number>();
    const probe = await open(directory, 'r');
    const prototype = Object.getPrototypeOf(probe) as typeof probe;
    await probe.close();
    const original = prototype.datasync;
    prototype.datasync = async function datasync() {
      const { ino, size } = await this.stat();
      await original.call(this);
      bytes.set(ino, size);
    };
    return {
      bytes,
      end: () => {
        prototype.datasync = original;
      },
    };
  }

  interface Recovered {
    readonly blocks: number;
    readonly notes: readonly SidecarNote[];
  }

  /** Recovers a copy that `damage` was done to. */
  async function recoverCopy(name: string, damage: (path: string) => Promise<void>): Promise<Recovered> {
    const copy = join(directory, name);
    await mkdir(join(copy, STAGING_DIRECTORY), { recursive: true });
    const path = join(copy, STAGING_DIRECTORY, basename(recording));
    await copyFile(recording, path);
    await copyFile(sidecarPath(recording), sidecarPath(path));
    await damage(path);
    return await recovered(copy);
  }

  /** Recovers what is in staging, and checks everything that is true of every recovered recording. */
  async function recovered(archiveDirectory: string): Promise<Recovered> {
    const [result] = await recoverRecordings(await listUnfinished(archiveDirectory), {
      directory: archiveDirectory,
      pcmMd5: recordingMd5,
    });
    expect(await readdir(join(archiveDirectory, STAGING_DIRECTORY))).toEqual([]);
    if (result?.outcome === 'empty') return { blocks: 0, notes: [] };
    if (result?.outcome !== 'repaired') throw new Error(`${archiveDirectory}: ${JSON.stringify(result)}`);
    const { path } = result;
    expect(result.hasMd5).toBe(true); // ffmpeg decoded it
    const decoded = await decodeEveryWay(path);
    const blocks = decoded.length / BLOCK_BYTES;
    const notes = await readNotes(sidecarPath(path));
    const md5 = Buffer.from(await recordingMd5(path)).toString('hex');
    expect(notes[0]).toMatchObject({ type: 'start', frame: 0, station: 'Crash', utcMs: Date.UTC(2026, 10, 20, 20) });
    expect(notes.slice(-2)).toEqual([
      { type: 'end', frame: blocks * BLOCK_FRAMES, pcmMd5: md5 },
      { type: 'repaired', lostMs: result.lostMs },
    ]);
    await rm(archiveDirectory, { recursive: true });
    return { blocks, notes };
  }

  /** `flac -t`, `flac -d`, `flac --skip` and ffprobe. @returns the samples, which are the first of the source */
  async function decodeEveryWay(path: string): Promise<Buffer> {
    await run('flac', ['--test', '--silent', '--warnings-as-errors', path]);
    const decoded = await decodeWithFlac(path);
    expect(decoded.equals(pcm.subarray(0, decoded.length))).toBe(true);
    const raw = ['--force-raw-format', '--endian=little', '--sign=signed'];
    const skipped = await run('flac', ['-dcs', '--skip=1000', ...raw, path]);
    expect(skipped.equals(decoded.subarray(1000 * BYTES_PER_FRAME))).toBe(true);
    const probed = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=start_time', '-of', 'csv=p=0', path]);
    // Of a file of one frame ffprobe says no start.
    expect(probed.toString().trim()).toBe(decoded.length === BLOCK_BYTES ? 'N/A' : '0.000000');
    return decoded;
  }

  function cueBlocks(notes: readonly SidecarNote[]): number[] {
    return notes.flatMap((note) => (note.type === 'cue' ? [note.frame / BLOCK_FRAMES] : []));
  }

  it(`loses at most the block in flight when the process is killed (${KILLS} times)`, async () => {
    const losses: number[] = [];
    for (let n = 0; n < KILLS; n++) {
      const copy = join(directory, `kill-${n}`);
      const handed = await recordUntilKilled(copy, 1 + whole(BLOCKS - 1));
      const { blocks, notes } = await recovered(copy);
      losses.push(handed - blocks);
      // A note is written right after its block.
      const expected = cueBlocksBefore(blocks);
      expect([expected, expected.slice(0, -1)]).toContainEqual(cueBlocks(notes));
    }
    process.stdout.write(`blocks lost in ${KILLS} kills: ${distribution(losses)}\n`);
    expect(Math.max(...losses)).toBeLessThanOrEqual(1);
    expect(Math.min(...losses)).toBeGreaterThanOrEqual(0);
  });

  /** A process records and gets SIGKILL some time after it handed over block `at`. @returns blocks handed over */
  async function recordUntilKilled(copy: string, at: number): Promise<number> {
    const progress = `${copy}.progress`;
    const child = spawn(process.execPath, ['--conditions=@bucket-radio/source', CHILD, copy, frames, progress], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: cleanEnv(),
    });
    let lines = 0;
    child.stdout.on('data', (data: Buffer) => {
      const before = lines;
      lines += data.toString().split('\n').length - 1;
      if (before < at && lines >= at) setTimeout(() => child.kill('SIGKILL'), random() * MAX_KILL_DELAY_MS);
    });
    const [, signal] = await once(child, 'close');
    expect(signal).toBe('SIGKILL');
    return Number(await readFile(progress, 'utf8'));
  }

  function cueBlocksBefore(blocks: number): number[] {
    return Array.from({ length: Math.ceil(blocks / CUE_BLOCKS) }, (_, n) => n * CUE_BLOCKS);
  }

  it(`loses at most 1.1 s when the power is cut (${POWER_CUTS} times)`, async () => {
    const lossesMs: number[] = [];
    for (let n = 0; n < POWER_CUTS; n++) {
      const at = 2 + whole(BLOCKS - 2);
      const { flac, sidecar } = steps[at]!;
      const { blocks, notes } = await recoverCopy(`power-${n}`, async (path) => {
        await losePages(path, flac);
        await losePages(sidecarPath(path), sidecar);
      });
      lossesMs.push((at - blocks) * BLOCK_MS);
      const syncedNotes = (await readFile(sidecarPath(recording), 'utf8')).slice(0, sidecar.syncedBytes);
      expect(cueBlocks(notes).length).toBeGreaterThanOrEqual(syncedNotes.split('"cue"').length - 1);
      expect(cueBlocksBefore(blocks)).toEqual(expect.arrayContaining(cueBlocks(notes)));
    }
    process.stdout.write(`ms lost in ${POWER_CUTS} power cuts: ${distribution(lossesMs)}\n`);
    expect(Math.max(...lossesMs)).toBeLessThanOrEqual(1100);
  });

  /** What a power cut leaves: everything synced, and of the pages after that a random choice; lost ones read as zeros. */
  async function losePages(path: string, { bytes, syncedBytes }: Extent): Promise<void> {
    await truncate(path, bytes);
    const file = await open(path, 'r+');
    for (let page = Math.floor(syncedBytes / PAGE_BYTES); page * PAGE_BYTES < bytes; page++) {
      if (random() < 0.5) continue;
      const from = Math.max(syncedBytes, page * PAGE_BYTES);
      const to = Math.min(bytes, (page + 1) * PAGE_BYTES);
      await file.write(new Uint8Array(to - from), 0, to - from, from);
    }
    await file.close();
  }

  it('removes a recording without a single frame', async () => {
    expect(await recoverCopy('empty', async (path) => await truncate(path, steps[0]!.flac.bytes))).toMatchObject({
      blocks: 0,
    });
  });

  it('leaves a recording alone that another process is writing', async () => {
    const copy = join(directory, 'in-use');
    await mkdir(join(copy, STAGING_DIRECTORY), { recursive: true });
    const path = join(copy, STAGING_DIRECTORY, `2026-11-20-200000Z-0-${process.ppid}.flac`);
    await copyFile(recording, path);
    const before = await readFile(path);
    const results = await recoverRecordings([path], { directory: copy });
    expect(results).toEqual([{ outcome: 'in-use', path, pid: process.ppid }]);
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  it('keeps a file it cannot read', async () => {
    const copy = join(directory, 'unreadable');
    await mkdir(join(copy, STAGING_DIRECTORY), { recursive: true });
    const path = join(copy, STAGING_DIRECTORY, '2026-11-20-200000Z-0-999999999.flac');
    await writeFile(path, 'notflac');
    const [result] = await recoverRecordings([path], { directory: copy });
    expect(result).toMatchObject({ outcome: 'unreadable', reason: 'it has no FLAC header' });
    expect(await readFile(path, 'utf8')).toBe('notflac');
  });
});

function length32(data: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return length;
}

/** `0 × 3, 1 × 27`: each value with how often it came. */
function distribution(values: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const value of [...values].sort((a, b) => a - b)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => `${value} × ${count}`).join(', ');
}
