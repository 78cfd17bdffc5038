import { createMemoryStore, ObjectStoreError, withFaults } from '@bucket-radio/object-store';
import { expect, it } from 'vitest';
import type { Finding } from '../alerts/board.ts';
import { STATUS, segment } from '../testing/fake-desk.ts';
import { History } from './history.ts';
import type { MonitorStatus } from './monitor-status.ts';
import { StoreMeter } from './store-meter.ts';
import { onItsWay, PutTracker } from './timeline.ts';
import { StationWatch } from './watch.ts';

it('counts requests as a bill does, and tells the times of writes', () => {
  let nowMs = 0;
  const meter = new StoreMeter(() => nowMs);
  const call = { key: 'k', bytesReceived: 0, attempts: 1 } as const;
  for (let i = 1; i <= 100; i++) {
    meter.add({ ...call, operation: 'put', outcome: 'ok', durationMs: i * 10, bytesSent: 150_000 });
  }
  meter.add({ ...call, operation: 'put', outcome: 'Unavailable', durationMs: 9e9, bytesSent: 0 });
  meter.add({ ...call, operation: 'get', outcome: 'NotFound', durationMs: 1, bytesSent: 0 });
  meter.add({ ...call, operation: 'delete', outcome: 'ok', durationMs: 1, bytesSent: 0 });
  const { health } = meter;
  expect(health.requests).toEqual({ writes: 101, reads: 1, deletes: 1 });
  expect(health).toMatchObject({ failures: 1, p50Ms: 500, p95Ms: 950, bytesSent: 15_000_000, sentBps: 2_000_000 });
  expect(health.seenBps).toBe(120_000_000);
  nowMs = 61_000;
  expect(meter.health.sentBps).toBe(0);
});

const WINDOW = { first: 5, latest: 8 };

it('follows each rendition to the bucket and out of it', async () => {
  const puts = new PutTracker();
  const memory = createMemoryStore();
  const store = puts.watch(memory);
  const queued = { ...segment(9, 'queued') };
  expect(onItsWay(queued, puts, WINDOW)).toMatchObject({ hq: 'spooled', lq: 'spooled' });
  expect(onItsWay({ ...queued, hqBytes: 0 }, puts, WINDOW).hq).toBe('encoding');
  const put = store.put('epoch/hq/00000009.mp4', new Uint8Array(3));
  expect(onItsWay(queued, puts, WINDOW)).toMatchObject({ hq: 'uploading', lq: 'spooled' });
  await put;
  const metric = { operation: 'put', durationMs: 1, bytesSent: 3, bytesReceived: 0, attempts: 1 } as const;
  puts.ended({ ...metric, key: 'epoch/hq/00000009.mp4', outcome: 'ok' });
  puts.ended({ ...metric, key: 'epoch/lq/00000009.mp4', outcome: 'Timeout' });
  expect(onItsWay(queued, puts, WINDOW)).toMatchObject({ hq: 'uploaded', lq: 'failed' });
  expect(onItsWay({ ...queued, lqBytes: 1 }, puts, { first: 5, latest: 9 }).hq).toBe('in-window');
  expect(onItsWay(segment(7), new PutTracker(), WINDOW).hq).toBe('in-window');
  expect(onItsWay(segment(4), new PutTracker(), WINDOW).hq).toBe('leaving');
  expect(onItsWay(segment(4, 'deleted'), puts, WINDOW).hq).toBe('deleted');
  expect((await store.head('epoch/hq/00000009.mp4')).size).toBe(3);
});

it('hands the errors of a store on', async () => {
  const failing = withFaults(createMemoryStore(), { seed: 1, rate: 1, lostReplyRate: 0 });
  const put = new PutTracker().watch(failing).put('k', new Uint8Array());
  await expect(put).rejects.toBeInstanceOf(ObjectStoreError);
});

it('makes a minute of sixty seconds, and keeps a day of them', () => {
  const history = new History();
  const levels = (shortTerm: number) => ({
    peakDbfs: [-9, shortTerm + 10] as const,
    rmsDbfs: [0, 0] as const,
    vuDbfs: [0, 0] as const,
    maxPeakDbfs: [0, 0] as const,
    loudness: { momentary: 0, shortTerm, integrated: 0, range: 0 },
  });
  for (const loudness of [-20, -24]) history.levels(levels(loudness));
  for (let second = 1; second < 60; second++) expect(history.second(STATUS, second)).toBeUndefined();
  expect(history.second(STATUS, 60)).toMatchObject({ atMs: 60, loudness: -22, peakDbfs: -9, gaps: 1 });
  for (let second = 0; second < 60 * 1500; second++) history.second(STATUS, second);
  expect(history.minutes).toHaveLength(1440);
  expect(history.minutes.at(-1)?.gaps).toBe(0);
});

function watch(...looks: readonly (readonly [seconds: number, changes: Partial<MonitorStatus>])[]): string[] {
  const told: Finding[] = [];
  const station = new StationWatch((finding) => told.push(finding));
  for (const [seconds, changes] of looks) {
    for (let i = 0; i < seconds; i++)
      station.look({ ...STATUS, captured: { frames: 0, gaps: 0, lostMs: 0 }, ...changes });
  }
  return told.map(({ kind, state }) => `${kind} ${state}`);
}

it('tells what is wrong around the signal, and when it is over', () => {
  const spool = (oldestSeconds: number) => ({ memoryBytes: 0, diskBytes: 0, oldestSeconds });
  expect(watch([9, { spool: spool(31) }], [9, { spool: spool(0) }])).toEqual([
    'bucket-behind raised',
    'bucket-behind cleared',
  ]);
  expect(watch([4, { spool: spool(31) }], [9, { spool: spool(0) }])).toEqual([]);
  const lost = { ...STATUS.capture, state: 'reopening' } as const;
  expect(watch([5, { capture: lost }], [5, {}])).toEqual(['source-lost raised', 'source-lost cleared']);
  const failed = { ...STATUS.archive, state: 'failed' } as const;
  expect(watch([1, { archive: failed }], [2, {}])).toEqual(['archive-failed raised', 'archive-failed cleared']);
  expect(watch([20, { archive: { ...STATUS.archive, hoursLeft: 5 } }])).toEqual(['disk-low raised']);
  const clock = (offsetMs: number, errorMs: number) => ({ store: { ...STATUS.store, clock: { offsetMs, errorMs } } });
  expect(watch([9, clock(-2100, 50)], [40, clock(20, 50)])).toEqual(['clock-off raised', 'clock-off cleared']);
  expect(watch([9, clock(1200, 500)])).toEqual([]);
  expect(
    watch(
      [1, { captured: { frames: 0, gaps: 1, lostMs: 20 } }],
      [70, { captured: { frames: 0, gaps: 1, lostMs: 20 } }],
    ),
  ).toEqual(['samples-lost raised', 'samples-lost cleared']);
});
