import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listRecordings } from '@bucket-radio/archive';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import { createLogger } from '../log.ts';
import { StationRecordings } from './station-recordings.ts';

const HEADER = Uint8Array.of(0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34, ...new Uint8Array(34));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recordings-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, { recursive: true });
});

function open(env: Readonly<Record<string, string>>, changes: { monotonicMs?: () => number; alarms?: string[] } = {}) {
  const { alarms = [], monotonicMs } = changes;
  return StationRecordings.open({
    config: resolveConfig({ env: { RADIO_RECORDINGS_DIR: directory, ...env } }),
    log: createLogger('silent'),
    source: { kind: 'alsa' },
    onAlarm: (message) => alarms.push(message),
    isLiveBehind: () => false,
    ...(monotonicMs === undefined ? {} : { monotonicMs }),
  });
}

it('records always, only while segments reach the bucket, or never', async () => {
  let nowMs = 0;
  const monotonicMs = () => nowMs;
  expect(await open({ RADIO_ARCHIVE: 'off' })).toBeUndefined();
  expect((await open({ RADIO_ARCHIVE: 'always' }, { monotonicMs }))?.isWanted()).toBe(true);
  const live = await open({ RADIO_ARCHIVE: 'live' }, { monotonicMs });
  expect(live?.isWanted()).toBe(false);
  live?.published();
  nowMs = 29_999;
  expect(live?.isWanted()).toBe(true);
  nowMs = 30_000;
  expect(live?.isWanted()).toBe(false);
  live?.published();
  expect(live?.isWanted()).toBe(true);
});

it('warns once when the disk has room for too few hours, and deletes nothing that is nowhere else', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const alarms: string[] = [];
  const recordings = await open({ RADIO_ARCHIVE_WARN_HOURS: '8760' }, { alarms });
  const { archive } = recordings!;
  for (let n = 0; n < 2; n++) {
    archive.begin({ header: HEADER, utcMs: 1e12 + n * 1000, firstFrame: n * 48_000, station: 'Test' });
    archive.write([{ position: n * 48_000, frames: 48_000, data: new Uint8Array(3_000_000) }]);
    archive.end(new Uint8Array(34));
  }
  await archive.flush();
  await recordings!.start();
  for (let n = 0; n < 3; n++) {
    await vi.advanceTimersByTimeAsync(300_000);
    await vi.waitFor(() => expect(alarms).toHaveLength(1));
  }
  expect(alarms[0]).toMatch(/^the disk has room for [\d.]+ more hours of recording; make room, or store recordings/);
  await recordings!.stop();
  expect(await listRecordings(directory)).toHaveLength(2);
});
