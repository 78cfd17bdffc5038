import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createArchive, listUnfinished, recoverRecordings, STAGING_DIRECTORY } from '@bucket-radio/archive';
import { createFlacEncoder } from '@bucket-radio/encoders';
import { BLOCK_FRAMES, BYTES_PER_FRAME, type PcmBlock } from '@bucket-radio/pcm';
import { seededRandom, serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingMd5 } from './recordings/pcm-md5.ts';
import { decodeWithFlac, noiseS24le, run } from './testing/decode.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? '1');
const SCALE = Number(process.env['PROVE_SCALE'] ?? '1');
const KILLS = Math.round(30 * SCALE);
const POWER_CUTS = Math.round(10 * SCALE);

const BLOCKS = 150;
const BLOCK_BYTES = BLOCK_FRAMES * BYTES_PER_FRAME;
const BLOCK_MS = 40;
const PAGE_BYTES = 4096;

const usable = serviceOrSkip('ffmpeg').available && serviceOrSkip('flac').available;

describe.skipIf(!usable)('an interrupted recording', { timeout: 60_000 * Math.max(1, SCALE) }, () => {
  const random = seededRandom(SEED);
  const whole = (limit: number): number => Math.floor(random() * limit);
  const pcm = noiseS24le(BLOCKS * BLOCK_FRAMES, SEED);
  let directory: string;
  let recording: string;
  /** Size of the file after each block that was handed to the archive, and whether it had been synced by then. */
  const steps: { readonly bytes: number; readonly syncedBytes: number }[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'recovery-'));
    await record();
  });
  afterAll(async () => await rm(directory, { recursive: true }));

  /** Writes a recording as the station does, on a clock that moves with the sound, and does not finish it. */
  async function record(): Promise<void> {
    let nowMs = 0;
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
    recording = archive.status.file ?? '';
    let syncedBytes = (await stat(recording)).size;
    let syncedAtMs = 0;
    for (let n = 0; n < BLOCKS; n++) {
      const data = pcm.subarray(n * BLOCK_BYTES, (n + 1) * BLOCK_BYTES);
      const block: PcmBlock = {
        position: n * BLOCK_FRAMES,
        frames: BLOCK_FRAMES,
        data,
        utcMs: n * BLOCK_MS,
        segment: 0,
      };
      archive.write(flac.encode(block));
      nowMs += BLOCK_MS;
      await archive.flush();
      const bytes = (await stat(recording)).size;
      // The archive syncs with the first write that comes a second after the last sync.
      if (nowMs - BLOCK_MS - syncedAtMs >= 1000) {
        syncedAtMs = nowMs - BLOCK_MS;
        syncedBytes = bytes;
      }
      steps.push({ bytes, syncedBytes });
    }
    const interrupted = join(directory, basename(recording));
    await copyFile(recording, interrupted);
    archive.end(flac.finish().streamInfo);
    await archive.flush();
    recording = interrupted;
  }

  /** Recovers a copy that `damage` was done to, and checks everything that is true of every recovered recording. */
  async function recoveredBlocks(name: string, damage: (path: string) => Promise<void>): Promise<number> {
    const copy = join(directory, name);
    await mkdir(join(copy, STAGING_DIRECTORY), { recursive: true });
    const path = join(copy, STAGING_DIRECTORY, basename(recording));
    await copyFile(recording, path);
    await damage(path);
    const [result] = await recoverRecordings(await listUnfinished(copy), { directory: copy, pcmMd5: recordingMd5 });
    if (result?.outcome === 'empty') {
      expect(await readdir(join(copy, STAGING_DIRECTORY))).toEqual([]);
      return 0;
    }
    if (result?.outcome !== 'repaired') throw new Error(`${name}: ${JSON.stringify(result)}`);
    expect(result.hasMd5).toBe(true);
    await run('flac', ['--test', '--silent', '--warnings-as-errors', result.path]);
    const decoded = await decodeWithFlac(result.path);
    expect(decoded.equals(pcm.subarray(0, decoded.length))).toBe(true);
    const skipped = await run('flac', [
      '-dcs',
      '--skip=1000',
      '--force-raw-format',
      '--endian=little',
      '--sign=signed',
      result.path,
    ]);
    expect(skipped.equals(decoded.subarray(1000 * BYTES_PER_FRAME))).toBe(true);
    const probe = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=start_time',
      '-of',
      'csv=p=0',
      result.path,
    ]);
    const blocks = decoded.length / BLOCK_BYTES;
    // Of a file of one frame ffprobe says no start.
    expect(probe.toString().trim()).toBe(blocks === 1 ? 'N/A' : '0.000000');
    await rm(copy, { recursive: true });
    return blocks;
  }

  it(`loses at most the block in flight when the process is killed (${KILLS} times)`, async () => {
    const losses: number[] = [];
    for (let n = 0; n < KILLS; n++) {
      // Killed while block `at` is being written: any number of its bytes are in the file.
      const at = 1 + whole(BLOCKS - 1);
      const before = steps[at - 1]!.bytes;
      const torn = before + whole(steps[at]!.bytes - before + 1);
      const blocks = await recoveredBlocks(`kill-${n}`, (path) => truncate(path, torn));
      // libFLAC hands a block over with the next one: `at` blocks were complete at the archive's door.
      losses.push(at - blocks);
    }
    process.stdout.write(`blocks lost in ${KILLS} kills: at most ${Math.max(...losses)}\n`);
    expect(Math.max(...losses)).toBeLessThanOrEqual(1);
  });

  it(`loses at most 1.1 s when the power is cut (${POWER_CUTS} times)`, async () => {
    const lossesMs: number[] = [];
    for (let n = 0; n < POWER_CUTS; n++) {
      const at = 2 + whole(BLOCKS - 2);
      const { bytes, syncedBytes } = steps[at]!;
      const blocks = await recoveredBlocks(`power-${n}`, async (path) => await losePages(path, bytes, syncedBytes));
      lossesMs.push((at - blocks) * BLOCK_MS);
    }
    process.stdout.write(`ms lost in ${POWER_CUTS} power cuts: ${lossesMs.sort((a, b) => a - b).join(' ')}\n`);
    expect(Math.max(...lossesMs)).toBeLessThanOrEqual(1100);
  });

  /** What a power cut leaves: everything synced, and of the pages after that a random choice; lost ones read as zeros. */
  async function losePages(path: string, bytes: number, syncedBytes: number): Promise<void> {
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
    expect(await recoveredBlocks('empty', (path) => truncate(path, steps[0]!.bytes))).toBe(0);
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
    spawnSync('sh', ['-c', 'printf notflac > "$0"', path]);
    const [result] = await recoverRecordings([path], { directory: copy });
    expect(result).toMatchObject({ outcome: 'unreadable', reason: 'it has no FLAC header' });
    expect(await readFile(path, 'utf8')).toBe('notflac');
  });
});
