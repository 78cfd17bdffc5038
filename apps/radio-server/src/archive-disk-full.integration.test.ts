import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendNote, describeRecordings, findGaps, freeDiskBytes, type RecordingInfo } from '@bucket-radio/archive';
import { BYTES_PER_FRAME, framesToMs, SAMPLE_RATE } from '@bucket-radio/pcm';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolveConfig } from './config/load.ts';
import { createLogger } from './log.ts';
import { StationRecordings } from './recordings/station-recordings.ts';
import { runArchivePipeline } from './testing/archive-pipeline.ts';
import { decodeWithFlac, noiseS24le, run } from './testing/decode.ts';

const MB = 1_000_000;
const SECOND_BYTES = SAMPLE_RATE * BYTES_PER_FRAME;
const START_MS = Date.UTC(2026, 10, 20, 20, 10);
const DISK_BYTES = 12 * MB;
/** Sound that takes 0.29 MB a second, whatever the encoder does. */
const SECONDS = 40;
const usable = ['tmpfs', 'flac', 'ffmpeg'].every((name) => serviceOrSkip(name as 'tmpfs').available);

describe.skipIf(!usable)('an archive on a disk that fills', () => {
  const pcm = noiseS24le(SECONDS * SAMPLE_RATE, 5);
  const alarms: string[] = [];
  const logged: string[] = [];
  let disk: string;
  let recordings: StationRecordings;

  beforeEach(async () => {
    alarms.length = 0;
    logged.length = 0;
    disk = await mkdtemp(join(tmpdir(), 'small-disk-'));
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]);
  });
  afterEach(async () => {
    await recordings.stop();
    await run('umount', ['--lazy', disk]);
    await rm(disk, { recursive: true });
  });

  async function open(minFreeBytes: number): Promise<void> {
    const log = createLogger('silent');
    for (const level of ['info', 'warn', 'error'] as const) {
      vi.spyOn(log, level).mockImplementation((...line: unknown[]) => void logged.push(String(line[0])));
    }
    const opened = await StationRecordings.open({
      config: resolveConfig({
        env: {
          RADIO_RECORDINGS_DIR: disk,
          RADIO_ARCHIVE_MIN_FREE_BYTES: String(minFreeBytes),
          RADIO_ARCHIVE_WARN_HOURS: '0',
        },
      }),
      log,
      source: { kind: 'ffmpeg' },
      onAlarm: (message) => alarms.push(message),
      isLiveBehind: () => false,
    });
    if (opened === undefined) throw new Error('nothing is recorded');
    recordings = opened;
    await recordings.start();
  }

  interface Heard {
    readonly segments: number[];
    readonly bytes: Uint8Array[];
  }

  /** Plays the sound through the station's pipeline, second by second. */
  async function play(onSecond: (second: number) => Promise<void>): Promise<Heard> {
    const heard: Heard = { segments: [], bytes: [] };
    async function* sound(): AsyncGenerator<Uint8Array> {
      for (let second = 0; second < SECONDS; second++) {
        await recordings.archive.flush();
        await onSecond(second);
        yield pcm.subarray(second * SECOND_BYTES, (second + 1) * SECOND_BYTES);
      }
    }
    await runArchivePipeline({
      archive: recordings.archive,
      sound: sound(),
      labelOf: (frame) => START_MS + framesToMs(frame),
      onHq: ({ index, init, data }) => {
        heard.segments.push(index);
        heard.bytes.push(...(index === 0 ? [init, data] : [data]));
      },
    });
    await recordings.archive.flush();
    return heard;
  }

  /** Every recording is whole, is made of the samples it says, and lies where its label says. */
  async function checkRecordings(): Promise<RecordingInfo[]> {
    await vi.waitFor(async () => expect(await readdir(join(disk, '.staging'))).toEqual([]), 30_000);
    const infos = await describeRecordings(disk, {
      onUnreadable: (path) => {
        throw new Error(path);
      },
    });
    for (const { path, firstFrame = 0, frames, startMs, pcmMd5 } of infos.filter(({ isLocal }) => isLocal)) {
      await run('flac', ['--test', '--silent', '--warnings-as-errors', path]);
      const expected = pcm.subarray(firstFrame * BYTES_PER_FRAME, (firstFrame + frames) * BYTES_PER_FRAME);
      expect((await decodeWithFlac(path)).equals(expected)).toBe(true);
      expect(startMs).toBe(START_MS + framesToMs(firstFrame));
      expect(pcmMd5).toBeDefined();
    }
    return infos;
  }

  async function checkStream({ segments, bytes }: Heard): Promise<void> {
    expect(segments).toEqual(Array.from({ length: SECONDS }, (_, n) => n));
    const decoded = await run('ffmpeg', ['-v', 'error', '-i', '-', '-f', 's24le', '-'], Buffer.concat(bytes));
    expect(decoded.equals(pcm)).toBe(true);
  }

  it.each([
    ['its limit', 1 * MB, /^archive stopped: the disk of .* is full: \d.\d MB are free/],
    ['the last byte', 0, /^archive stopped: .*(ENOSPC|the disk is full)/],
  ])(
    'stops with one alarm at %s, goes on when there is room, and the stream never notices',
    async (_, limit, alarm) => {
      await writeFile(join(disk, 'something else'), new Uint8Array(8.6 * MB));
      await open(limit);
      let framesBefore = 0;
      let stoppedAt = Number.POSITIVE_INFINITY;
      let resumedAt = Number.POSITIVE_INFINITY;
      const heard = await play(async (second) => {
        const { state, frames } = recordings.archive.status;
        if (state === 'recording' && stoppedAt > SECONDS) framesBefore = frames;
        if (state === 'failed') stoppedAt = Math.min(stoppedAt, second);
        if (state === 'recording' && second > stoppedAt) resumedAt = Math.min(resumedAt, second);
        if (second === stoppedAt + 12) await rm(join(disk, 'something else'));
      });
      expect(alarms).toEqual([expect.stringMatching(alarm)]);
      expect(stoppedAt).toBeLessThan(20);
      expect(resumedAt).toBeGreaterThan(stoppedAt + 12);
      expect(resumedAt).toBeLessThanOrEqual(stoppedAt + 12 + 11);
      await checkStream(heard);
      const [before, after, ...more] = await checkRecordings();
      expect(more).toEqual([]);
      expect(before?.frames).toBeGreaterThanOrEqual(framesBefore);
      expect((after?.firstFrame ?? 0) + (after?.frames ?? 0)).toBe(SECONDS * SAMPLE_RATE);
      expect(findGaps([before!, after!])).toHaveLength(1);
      expect(logged.filter((line) => line === 'recording again')).toHaveLength(1);
    },
  );

  it('makes room with the oldest recordings that are stored elsewhere, and with no others', async () => {
    await writeFile(join(disk, 'something else'), new Uint8Array(2.5 * MB));
    await open(1 * MB);
    let stored: string | undefined;
    const heard = await play(async (second) => {
      // Two recordings; the first is put into cold storage, as its sidecar says.
      if (second === 5 || second === 10) {
        // An hour later: the labels of this test go on, the archive is told otherwise.
        vi.spyOn(recordings.archive, 'shouldRotate').mockReturnValueOnce(true);
      }
      if (second !== 11) return;
      const [first] = await describeRecordings(disk);
      stored = first!.path;
      await appendNote(stored, {
        type: 'stored',
        atMs: 0,
        store: 's3(cold)',
        key: 'archive/x.flac',
        sha256: '0'.repeat(64),
        bytes: first!.bytes,
        modifiedMs: first!.modifiedMs,
      });
    });
    await checkStream(heard);
    const infos = await checkRecordings();
    expect(infos.filter(({ isLocal }) => !isLocal).map(({ path }) => path)).toEqual([stored]);
    expect(infos.filter(({ isLocal }) => isLocal).length).toBeGreaterThanOrEqual(2);
    expect(await freeDiskBytes(disk)).toBeGreaterThan(0.5 * MB);
    expect(alarms).toEqual([expect.stringMatching(/is full/)]);
    expect(logged).toContainEqual(expect.stringMatching(/^removed .*: it is stored as archive\/x\.flac/));
  });
});
