import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isObjectStoreError, type ObjectStore, withPrefix } from '@bucket-radio/object-store';
import { createBucket, createS3Store } from '@bucket-radio/object-store-s3';
import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';
import { createPublisher, type PublisherEvent } from '@bucket-radio/publisher';
import {
  AcceleratedClock,
  StationListener,
  seededRandom,
  serviceOrSkip,
  startFaultyProxy,
} from '@bucket-radio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
const SEGMENTS = Math.max(10, Math.round(40 * SCALE));
const WINDOW = 60;
/** Station seconds per real second: the store's own waits are in real time. */
const SPEED = 4;
const EPOCH = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';
const T0 = Date.UTC(2026, 10, 20, 20, 0, 0);

function segment(rendition: RenditionName, index: number): EncodedSegment {
  return {
    rendition,
    index,
    position: index * 48_000,
    frames: 48_000,
    utcMs: T0 + index * 1000,
    data: new Uint8Array(rendition === 'hq' ? 60_000 : 16_000).fill(index),
    init: Uint8Array.of(rendition === 'hq' ? 1 : 2),
  };
}

describe.skipIf(!serviceOrSkip('s3').available)('a publisher behind a line that fails, on a real S3 server', () => {
  const account = {
    endpoint: process.env['S3_ENDPOINT'] ?? 'http://127.0.0.1:9',
    bucket: `faults-${process.pid}`,
    accessKeyId: process.env['S3_ACCESS_KEY'] ?? 'unset',
    secretAccessKey: process.env['S3_SECRET_KEY'] ?? 'unset',
  };
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'publisher-s3-'));
    await createBucket(account);
  });
  afterEach(async () => await rm(directory, { recursive: true, force: true }));

  it(
    `keeps every promise and loses nothing (seed ${SEED}, ${SEGMENTS} segments)`,
    async () => {
      const random = seededRandom(SEED);
      const proxy = await startFaultyProxy({ target: account.endpoint, random });
      const failing = createS3Store({
        ...account,
        endpoint: proxy.endpoint,
        idleTimeoutMs: 800,
        requestTimeoutMs: 3000,
      });
      const direct = createS3Store(account);
      const bucket = withPrefix(direct, 'live/');
      const clock = new AcceleratedClock(SPEED, T0);
      const events: PublisherEvent[] = [];
      const publisher = createPublisher({
        store: withPrefix(failing, 'live/'),
        station: 'Faults',
        epoch: EPOCH,
        segmentSeconds: 1,
        fidelity: 'bit-perfect',
        windowSegments: WINDOW,
        stateFile: join(directory, 'state.json'),
        spoolDirectory: join(directory, 'spool'),
        clock,
        onEvent: (event) => events.push(event),
      });
      await publisher.start();
      proxy.faultShare = 0.3;
      const listener = new StationListener();
      const over = new AbortController();
      const listening = listen(bucket, listener, over.signal);
      const startMs = clock.monotonicMs();
      for (let index = 0; index < SEGMENTS; index++) {
        const dueMs = startMs + (index + 1) * 1000 - clock.monotonicMs();
        if (dueMs > 0) await clock.sleep(dueMs);
        proxy.isDown = index % 40 >= 20 && index % 40 < 28;
        for (const rendition of ['lq', 'hq'] as const) publisher.enqueue(segment(rendition, index));
      }
      proxy.isDown = false;
      await publisher.whenIdle();
      proxy.faultShare = 0;
      expect(await publisher.stop(120_000)).toBe(true);
      over.abort();
      await listening;
      await look(bucket, listener);
      proxy.close();
      failing.close();
      direct.close();
      expect(listener.violations).toEqual([]);
      const first = Math.max(0, SEGMENTS - WINDOW);
      expect(listener.manifest).toMatchObject({ live: false, first, latest: SEGMENTS - 1, missing: [] });
      expect(publisher.status.counts.dropped).toBe(0);
      expect(events.filter(({ type }) => type === 'fenced')).toEqual([]);
      const faults = [...proxy.injected.values()].reduce((sum, count) => sum + count, 0);
      process.stdout.write(
        `${proxy.requests()} requests, ${faults} faults (${[...proxy.injected].map(([kind, count]) => `${kind} ${count}`).join(', ')}), ` +
          `${listener.checks} looks of a listener, ${publisher.status.counts.backfilled} backfilled, ${listener.violations.length} promises broken\n`,
      );
    },
    120_000 + SEGMENTS * 2000,
  );
});

async function listen(bucket: ObjectStore, listener: StationListener, over: AbortSignal): Promise<void> {
  while (!over.aborted) await look(bucket, listener);
}

/** What is promised, and what is there while the promise stands: a moment in which neither changed. */
async function look(bucket: ObjectStore, listener: StationListener): Promise<void> {
  const view = new Map<string, string>();
  const mutable = ['manifest.json', 'hq.m3u8', 'lq.m3u8'];
  const read = async () => await Promise.all(mutable.map(async (key) => await textOf(bucket, key)));
  const texts = await read();
  for await (const { key, etag } of bucket.list()) {
    view.set(key, etag);
    if (key.endsWith('.mp4')) listener.written(key, etag);
  }
  mutable.forEach((key, n) => {
    const text = texts[n];
    if (text === undefined) view.delete(key);
    else view.set(key, text);
  });
  const after = await read();
  if (texts.every((text, n) => text === after[n])) listener.check(view);
}

async function textOf(bucket: ObjectStore, key: string): Promise<string | undefined> {
  try {
    return await (await bucket.get(key)).text();
  } catch (error) {
    if (isObjectStoreError(error, 'NotFound')) return undefined;
    throw error;
  }
}
