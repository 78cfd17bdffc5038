import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectStore } from '@bucket-radio/object-store';
import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';
import { StationListener, seededRandom, VirtualClock } from '@bucket-radio/testing';
import { madeSegment, T0 } from '@bucket-radio/testing/made-segment';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FaultyStore } from '../test/faulty-store.ts';
import type { PublisherEvent } from './events.ts';
import { createPublisher } from './publisher.ts';
import { type SpoolDisk, systemDisk } from './spool.ts';

const SECONDS = 10;
/** Everything is a tenth of its size, the line included: the largest `hq` and `lq` segments of 10 s, an uplink of 10.68 Mbit/s. */
const BYTES = { hq: 288_000, lq: 22_000 } as const satisfies Record<RenditionName, number>;
const LINE_BYTES_PER_MS = 1_068_000 / 8 / 1000;
const MAX_MEMORY_BYTES = 2 * 1024 * 1024;
const OUTAGE_SEGMENTS = 60;
/** The bucket is back at a moment at which only the newest segment is being tried: a try that is under way may succeed. */
const HEALED_AFTER_MS = 6000;
/** The longest wait between two tries, and an upload that was cut off and yet went over the line. */
const MAX_IDLE_MS = 5000 + BYTES.hq / LINE_BYTES_PER_MS;
const SEED = Number(process.env['PROVE_SEED'] ?? 1);

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'outage-'));
});
afterEach(async () => await rm(directory, { recursive: true, force: true }));

const segment = (rendition: RenditionName, index: number): EncodedSegment =>
  madeSegment(rendition, index, { seconds: SECONDS, bytes: BYTES[rendition] });

/** One line that carries one byte after the other, whoever sends. */
function onLine(store: ObjectStore, clock: VirtualClock): ObjectStore {
  let freeAtMs = 0;
  return {
    ...store,
    put: async (key, body, options) => {
      freeAtMs = Math.max(freeAtMs, clock.monotonicMs()) + body.length / LINE_BYTES_PER_MS;
      await clock.sleep(freeAtMs - clock.monotonicMs(), options?.signal);
      return await clock.hold(async () => await store.put(key, body, options));
    },
    get: async (key, options) => await clock.hold(async () => await store.get(key, options)),
    head: async (key, options) => await clock.hold(async () => await store.head(key, options)),
    delete: async (key, options) => await clock.hold(async () => await store.delete(key, options)),
  };
}

it.each([SEED, SEED + 1, SEED + 2])(
  'survives ten minutes without a bucket: memory bounded, live edge first, then everything else at four times real time (seed %i)',
  async (seed) => {
    const clock = new VirtualClock(T0);
    const listener = new StationListener();
    const bucket = new FaultyStore({ random: seededRandom(1), faultShare: 0, listener });
    const events: PublisherEvent[] = [];
    const disk: SpoolDisk = {
      writeDurably: async (path, data) => await clock.hold(async () => await systemDisk.writeDurably(path, data)),
      read: async (path) => await clock.hold(async () => await systemDisk.read(path)),
      freeBytes: async () => await Promise.resolve(2 ** 40),
    };
    const publisher = createPublisher({
      store: onLine(bucket.store, clock),
      station: 'Outage',
      epoch: '01K9ZZZZZZZZZZZZZZZZZZZZZZ',
      segmentSeconds: SECONDS,
      fidelity: 'bit-perfect',
      windowSegments: 90,
      spoolDirectory: join(directory, 'spool'),
      spoolLimits: { maxMemoryBytes: MAX_MEMORY_BYTES },
      disk,
      clock,
      random: seededRandom(seed),
      onEvent: (event) => events.push(event),
    });
    const play = async (from: number, to: number): Promise<void> => {
      for (let index = from; index <= to; index++) {
        await clock.sleep(Math.max(0, (index + 1) * SECONDS * 1000 - clock.monotonicMs()));
        for (const rendition of ['lq', 'hq'] as const) publisher.enqueue(segment(rendition, index));
      }
    };
    await publisher.start();
    await clock.run(play(0, 4));
    await clock.run(publisher.whenIdle());
    bucket.isDown = true;
    const last = 4 + OUTAGE_SEGMENTS;
    await clock.run(play(5, last));
    const waiting = publisher.status;
    expect(waiting.queuedSegments).toBe(OUTAGE_SEGMENTS);
    await clock.run(clock.sleep(HEALED_AFTER_MS));
    bucket.puts.length = 0;
    bucket.isDown = false;
    const healedMs = clock.monotonicMs();
    await clock.run(publisher.whenIdle());
    const seconds = (clock.monotonicMs() - healedMs) / 1000;

    const media = bucket.puts.filter((key) => key.endsWith('.mp4'));
    const order = media.map((key) => `${key.slice(27, 29)} ${Number(key.slice(30, 38))}`);
    expect(order.slice(0, 2)).toEqual([`lq ${last}`, `hq ${last}`]);
    // What follows is newest first, four at a time.
    const backfill = order.slice(2).map((name) => Number(name.slice(3)));
    for (const [at, index] of backfill.entries())
      expect(Math.abs(index - (last - 1 - Math.floor(at / 2)))).toBeLessThan(4);
    expect(listener.violations).toEqual([]);
    expect(listener.manifest).toMatchObject({ first: 0, latest: last, missing: [] });
    expect(publisher.status.counts).toMatchObject({ dropped: 0, backfilled: 2 * (OUTAGE_SEGMENTS - 1) });
    expect(publisher.status).toMatchObject({ queuedSegments: 0, spool: { diskBytes: 0 } });
    // What is being uploaded or written is in memory beside what may stay there.
    expect(publisher.status.spool.peakMemoryBytes).toBeLessThan(MAX_MEMORY_BYTES + 6 * (BYTES.hq + BYTES.lq));
    const speed = (OUTAGE_SEGMENTS * SECONDS) / seconds;
    // Station time, not this computer's: the line is hardly ever idle, and manifests and playlists take little of it.
    const mediaMs = (OUTAGE_SEGMENTS * (BYTES.hq + BYTES.lq)) / LINE_BYTES_PER_MS;
    expect(seconds * 1000).toBeLessThan(mediaMs * 1.02 + MAX_IDLE_MS);
    expect(speed).toBeGreaterThan(4);
    process.stdout.write(
      `outage of 600 s: ${waiting.queuedSegments} segments (${(waiting.queuedBytes / 1e6).toFixed(1)} MB) waited, ` +
        `at most ${(publisher.status.spool.peakMemoryBytes / 1e6).toFixed(1)} MB in memory (limit ${(MAX_MEMORY_BYTES / 1e6).toFixed(1)}); ` +
        `then ${order.slice(0, 6).join(', ')} … ${order.slice(-2).join(', ')}; ` +
        `whole after ${seconds.toFixed(0)} s of station time, ${speed.toFixed(1)} times real time\n`,
    );
    expect(await clock.run(publisher.stop(60_000))).toBe(true);
  },
  240_000,
);
