import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';
import { AcceleratedClock, StationListener, seededRandom } from '@bucket-radio/testing';
import { madeSegment, T0 } from '@bucket-radio/testing/made-segment';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FaultyStore } from '../test/faulty-store.ts';
import type { PublisherEvent } from './events.ts';
import { createPublisher } from './publisher.ts';
import { type SpoolDisk, systemDisk } from './spool.ts';
import type { Publisher, PublisherOptions } from './types.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
const EPOCH = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';
/** Station seconds per real second. */
const SPEED = 50;

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'publisher-'));
});
afterEach(async () => await rm(directory, { recursive: true, force: true }));

const segment = (rendition: RenditionName, index: number, seconds: number, bytes: number): EncodedSegment =>
  madeSegment(rendition, index, { seconds, bytes });

interface Scene {
  readonly clock: AcceleratedClock;
  readonly bucket: FaultyStore;
  readonly listener: StationListener;
  readonly publisher: Publisher;
  readonly events: PublisherEvent[];
  /** Hands over segments `from` to `to` as they become due. */
  play(from: number, to: number, each?: (index: number) => void): Promise<void>;
}

function setScene(
  seed: number,
  options: Partial<PublisherOptions> & { readonly hqBytes?: number; readonly speed?: number },
): Scene {
  const listener = new StationListener();
  const bucket = new FaultyStore({ random: seededRandom(seed), faultShare: 0, listener });
  const clock = new AcceleratedClock(options.speed ?? SPEED, T0);
  const events: PublisherEvent[] = [];
  const segmentSeconds = options.segmentSeconds ?? 1;
  const publisher = createPublisher({
    store: bucket.store,
    station: 'Faults',
    epoch: EPOCH,
    segmentSeconds,
    fidelity: 'bit-perfect',
    spoolDirectory: join(directory, 'spool'),
    stateFile: join(directory, 'state.json'),
    clock,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const startMs = clock.monotonicMs();
  const play: Scene['play'] = async (from, to, each) => {
    for (let index = from; index <= to; index++) {
      const dueMs = startMs + (index + 1) * segmentSeconds * 1000 - clock.monotonicMs();
      if (dueMs > 0) await clock.sleep(dueMs);
      each?.(index);
      publisher.enqueue(segment('lq', index, segmentSeconds, 200));
      publisher.enqueue(segment('hq', index, segmentSeconds, options.hqBytes ?? 2000));
    }
  };
  return { clock, bucket, listener, publisher, events, play };
}

const RUNS = Math.max(1, Math.round(4 * SCALE));

it.each(Array.from({ length: RUNS }, (_, n) => SEED * 1000 + n))(
  'keeps every promise under faults, outages and clock steps, and loses nothing inside the window (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const windowSegments = 30 + Math.floor(random() * 60);
    const { clock, bucket, listener, publisher, play, events } = setScene(seed, { windowSegments });
    await publisher.start();
    bucket.faultShare = 0.25;
    let outageLeft = 0;
    const last = 70;
    await play(0, last, () => {
      outageLeft -= 1;
      if (outageLeft <= 0) bucket.isDown = false;
      if (random() < 0.04) {
        bucket.isDown = true;
        outageLeft = 1 + Math.floor(random() * 12);
      }
      if (random() < 0.05) clock.step((random() < 0.5 ? -1 : 1) * 3_600_000);
    });
    bucket.isDown = false;
    await publisher.whenIdle();
    bucket.faultShare = 0;
    expect(await publisher.stop(60_000)).toBe(true);
    expect(listener.violations).toEqual([]);
    const first = Math.max(0, last - windowSegments + 1);
    expect(listener.manifest).toMatchObject({ live: false, first, latest: last, missing: [] });
    expect(listener.manifest?.updatedAt).toBeLessThan(T0 + 3_000_000);
    const left: string[] = [];
    for await (const { key } of bucket.memory.list({ prefix: EPOCH })) left.push(key);
    expect(left).toHaveLength(2 * (last - first + 1) + 2);
    expect(events.filter(({ type }) => type === 'fenced' || type === 'disk-failed')).toEqual([]);
    process.stdout.write(
      `seed ${seed}: ${bucket.requests} requests, ${bucket.faults} faults, ${listener.checks} looks of a listener, ` +
        `${publisher.status.counts.backfilled} objects backfilled, ${listener.violations.length} promises broken\n`,
    );
  },
  60_000,
);

it('goes on from memory when the disk is full', async () => {
  const full: SpoolDisk = {
    ...systemDisk,
    writeDurably: async () => await Promise.reject(new Error('ENOSPC')),
  };
  const { bucket, publisher, play, listener, events } = setScene(SEED, { disk: full, windowSegments: 40 });
  await publisher.start();
  await play(0, 2);
  bucket.isDown = true;
  await play(3, 12);
  bucket.isDown = false;
  await publisher.whenIdle();
  expect(events.some(({ type }) => type === 'disk-failed')).toBe(true);
  expect(listener.violations).toEqual([]);
  expect(listener.manifest).toMatchObject({ first: 0, latest: 12, missing: [] });
  await publisher.stop(10_000);
}, 30_000);

it('publishes what an earlier run had to leave on disk', async () => {
  const { bucket, publisher, play, listener } = setScene(SEED, { windowSegments: 30 });
  await publisher.start();
  await play(0, 2);
  await publisher.whenIdle();
  bucket.isDown = true;
  await play(3, 6);
  expect(await publisher.stop(500)).toBe(false);
  bucket.isDown = false;
  const writer = listener.manifest?.writer ?? '';
  const next = createPublisher({
    store: bucket.store,
    station: 'Faults',
    epoch: EPOCH,
    firstIndex: 7,
    epochFirstIndex: 0,
    lastWriters: [writer],
    segmentSeconds: 1,
    fidelity: 'bit-perfect',
    windowSegments: 30,
    minManifestIntervalMs: 0,
    spoolDirectory: join(directory, 'spool'),
  });
  await next.start();
  await next.whenIdle();
  expect(listener.manifest).toMatchObject({ first: 0, latest: 6, missing: [], breaks: [] });
  for (const rendition of ['lq', 'hq'] as const) {
    const made = segment(rendition, 7, 1, 200);
    next.enqueue({ ...made, utcMs: made.utcMs + 5000 });
  }
  await next.whenIdle();
  await next.stop(1000);
  expect(listener.manifest).toMatchObject({ first: 0, latest: 7, missing: [], breaks: [{ index: 7, lostMs: 5000 }] });
  expect(listener.violations).toEqual([]);
}, 30_000);
