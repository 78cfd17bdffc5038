import { setTimeout as delay } from 'node:timers/promises';
import { type Manifest, readHourIndexes, withHourIndexes } from '@bucket-radio/manifest';
import { manifestSchema } from '@bucket-radio/manifest/schema';
import { createMemoryStore, type ObjectStore, ObjectStoreError } from '@bucket-radio/object-store';
import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';
import { madeSegment, T0 } from '@bucket-radio/testing/made-segment';
import { expect, it } from 'vitest';
import type { PublisherClock } from './clock.ts';
import type { PublisherEvent } from './events.ts';
import { createPublisher } from './publisher.ts';
import type { Publisher, PublisherOptions } from './types.ts';

const EPOCH = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';
const OTHER_EPOCH = '01KAZZZZZZZZZZZZZZZZZZZZZZ';
const OLD_EPOCH = '01K9AAAAAAAAAAAAAAAAAAAAAA';

const segment = (rendition: RenditionName, index: number, bytes = 100): EncodedSegment =>
  madeSegment(rendition, index, { seconds: 10, bytes });

/** A store whose writes are listed, and which can be made to fail. */
function observed(store: ObjectStore): { store: ObjectStore; log: string[]; down: { is: boolean } } {
  const log: string[] = [];
  const down = { is: false };
  const guard = (what: string): void => {
    if (down.is) throw new ObjectStoreError('Unavailable', 'the store is down');
    log.push(what);
  };
  const wrapped: ObjectStore = {
    name: store.name,
    put: async (key, body, options) => {
      guard(`put ${key}`);
      return await store.put(key, body, options);
    },
    get: (key, options) => store.get(key, options),
    head: (key, options) => store.head(key, options),
    delete: async (key, options) => {
      guard(`delete ${key}`);
      await store.delete(key, options);
    },
    list: (options) => store.list(options),
  };
  return { store: wrapped, log, down };
}

/** A sleep that lasts until `signal` ends it, as far as a test is concerned. */
const untilAborted: PublisherClock['sleep'] = (_, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** A sleep a thousand times too short. */
const quickly: PublisherClock['sleep'] = async (ms, signal) => {
  await delay(ms / 1000, undefined, { signal });
};

function enqueue(publisher: Publisher, index: number, lateMs = 0): void {
  for (const rendition of ['lq', 'hq'] as const) {
    const made = segment(rendition, index);
    publisher.enqueue({ ...made, utcMs: made.utcMs + lateMs });
  }
}

function setUp({ sleep = untilAborted, ...options }: Partial<PublisherOptions & PublisherClock> = {}) {
  const memory: ObjectStore = options.store ?? createMemoryStore();
  const { store, log, down } = observed(memory);
  const events: PublisherEvent[] = [];
  let utc = T0;
  const publisher = createPublisher({
    station: 'Test',
    epoch: EPOCH,
    segmentSeconds: 10,
    fidelity: 'bit-perfect',
    minManifestIntervalMs: 0,
    clock: { utcMs: () => utc, monotonicMs: () => utc, sleep },
    onEvent: (event) => events.push(event),
    ...options,
    store,
  });
  const publish = async (index: number, lateMs = 0): Promise<void> => {
    utc = T0 + (index + 1) * 10_000 + 300 + lateMs;
    enqueue(publisher, index, lateMs);
    await publisher.whenIdle();
  };
  return { memory, log, down, events, publisher, publish };
}

async function keys(store: ObjectStore): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list()) found.push(key);
  return found;
}

async function readManifest(store: ObjectStore): Promise<Manifest> {
  return manifestSchema.parse(JSON.parse(await (await store.get('manifest.json')).text()));
}

function mediaKeys(indices: readonly number[]): string[] {
  const names = indices.map((index) => `${String(index).padStart(8, '0')}.mp4`);
  return ['hq', 'lq'].flatMap((rendition) => [...names, 'init.mp4'].map((name) => `${EPOCH}/${rendition}/${name}`));
}

const MUTABLE = ['hq.m3u8', 'index.m3u8', 'lq.m3u8', 'manifest.json'];

it('writes both renditions before the manifest, and deletes after it', async () => {
  const { log, publish } = setUp();
  for (let index = 0; index < 5; index++) await publish(index);
  const last = log.slice(log.findIndex((line) => line.includes('00000004')));
  expect(last.slice(0, 2).sort()).toEqual([`put ${EPOCH}/hq/00000004.mp4`, `put ${EPOCH}/lq/00000004.mp4`]);
  expect(last[2]).toBe('put manifest.json');
  expect(last.slice(3, 5).sort()).toEqual(['put hq.m3u8', 'put lq.m3u8']);
  expect(last.slice(5).sort()).toEqual([`delete ${EPOCH}/hq/00000000.mp4`, `delete ${EPOCH}/lq/00000000.mp4`]);
});

it('writes each segment and each init once', async () => {
  const { log, publish } = setUp();
  for (let index = 0; index < 6; index++) await publish(index);
  const media = log.filter((line) => line.startsWith('put') && line.endsWith('.mp4'));
  expect(new Set(media).size).toBe(media.length);
  expect(media).toHaveLength(6 * 2 + 2);
});

it('names exactly the window, and keeps one more segment for slow readers', async () => {
  const { memory, publish } = setUp();
  for (let index = 0; index < 7; index++) await publish(index);
  expect(await readManifest(memory)).toMatchObject({
    live: true,
    epoch: EPOCH,
    first: 4,
    latest: 6,
    latestStart: T0 + 60_000,
    nextEta: T0 + 80_000 + 300 + 50,
    updatedAt: T0 + 70_300,
    missing: [],
  });
  expect((await keys(memory)).sort()).toEqual([...mediaKeys([3, 4, 5, 6]), ...MUTABLE].sort());
});

it('leaves exactly the window after a clean stop, and says that it is off', async () => {
  const { memory, publish, publisher, events } = setUp();
  for (let index = 0; index < 7; index++) await publish(index);
  expect(await publisher.stop(1000)).toBe(true);
  expect(await readManifest(memory)).toMatchObject({ live: false, first: 4, latest: 6 });
  expect(await (await memory.get('hq.m3u8')).text()).toContain('#EXT-X-ENDLIST');
  expect((await keys(memory)).sort()).toEqual([...mediaKeys([4, 5, 6]), ...MUTABLE].sort());
  expect(events.at(-1)).toEqual({ type: 'offline', latest: 6 });
});

it('stores what browsers and caches need to know', async () => {
  const { memory, publish } = setUp();
  await publish(0);
  const headersOf = async (key: string) => (await memory.head(key)).attributes;
  expect(await headersOf(`${EPOCH}/hq/00000000.mp4`)).toMatchObject({
    contentType: 'audio/mp4',
    cacheControl: 'public, max-age=31536000, immutable',
  });
  expect(await headersOf('manifest.json')).toMatchObject({ contentType: 'application/json', cacheControl: 'no-cache' });
});

it('publishes everything that waited when the bucket comes back', async () => {
  const { memory, down, events, publisher, publish } = setUp({ sleep: quickly });
  await publish(0);
  down.is = true;
  const failures = () => events.flatMap((event) => (event.type === 'failed' ? [event] : []));
  enqueue(publisher, 1);
  enqueue(publisher, 2);
  await expect.poll(() => failures().length).toBeGreaterThan(3);
  down.is = false;
  await publisher.whenIdle();
  expect(await readManifest(memory)).toMatchObject({ first: 0, latest: 2, missing: [] });
  expect(failures().every(({ retryInMs }) => retryInMs >= 250 && retryInMs <= 5000)).toBe(true);
});

it('drops the oldest segment at the memory limit and says so to listeners', async () => {
  const { memory, down, events, publisher, publish } = setUp({
    spoolLimits: { maxMemoryBytes: 450 },
    windowSegments: 5,
    sleep: quickly,
  });
  await publish(0);
  down.is = true;
  for (let index = 1; index <= 4; index++) enqueue(publisher, index);
  const waiting = { queuedSegments: 2, queuedBytes: 400, oldestQueuedUtcMs: T0 + 30_000 };
  await expect.poll(() => publisher.status).toMatchObject(waiting);
  down.is = false;
  await publisher.whenIdle();
  expect(events.filter(({ type }) => type === 'dropped')).toEqual([
    { type: 'dropped', index: 1, why: 'memory limit' },
    { type: 'dropped', index: 2, why: 'memory limit' },
  ]);
  const manifest = await readManifest(memory);
  expect(manifest).toMatchObject({ first: 0, latest: 4 });
  expect(manifest.missing).toEqual([
    { rendition: 'hq', index: 1, count: 2 },
    { rendition: 'lq', index: 1, count: 2 },
  ]);
  const playlist = await (await memory.get('hq.m3u8')).text();
  expect(playlist).toMatch(/#EXT-X-GAP\n#EXTINF:10\.00000,\n\S+00000002\.mp4/);
});

it('fills the window up again after an outage, the live edge first', async () => {
  const { memory, log, down, publisher, publish } = setUp({ windowSegments: 6, sleep: quickly });
  await publish(0);
  down.is = true;
  for (let index = 1; index <= 9; index++) enqueue(publisher, index);
  log.length = 0;
  down.is = false;
  await publisher.whenIdle();
  expect(log[0]).toContain('00000009.mp4');
  expect(await readManifest(memory)).toMatchObject({ first: 4, latest: 9, missing: [] });
  const playlist = await (await memory.get('lq.m3u8')).text();
  expect(playlist.match(/#EXT-X-GAP/g)).toHaveLength(5);
  expect(publisher.status).toMatchObject({ queuedSegments: 0, counts: { dropped: 3, backfilled: 10 } });
});

it('begins with everything that waited when the bucket was away from the start', async () => {
  const { memory, down, publisher, events } = setUp({ windowSegments: 6, sleep: quickly });
  down.is = true;
  for (let index = 0; index <= 3; index++) enqueue(publisher, index);
  await expect.poll(() => events.length).toBeGreaterThan(0);
  down.is = false;
  await publisher.whenIdle();
  expect(await readManifest(memory)).toMatchObject({ first: 0, latest: 3, missing: [], breaks: [] });
});

const OLD_WRITER = '01K9AAAAAAAAAAAAAAAAAAAAAW';

async function runBefore(indices: readonly number[], stop = false) {
  const before = setUp({ epoch: OLD_EPOCH, firstIndex: indices[0] ?? 0, writer: OLD_WRITER });
  for (const index of indices) await before.publish(index);
  if (stop) await before.publisher.stop(1000);
  return before;
}

it('carries a new epoch on from the last index, and lets the old one go segment by segment', async () => {
  const { memory } = await runBefore([40, 41]);
  const foreign = ['notes.txt', `${OLD_EPOCH}/hq/cover.jpg`];
  for (const key of foreign) await memory.put(key, Uint8Array.of(1));
  const next = setUp({ store: memory, firstIndex: 42, lastWriters: [OLD_WRITER] });
  await next.publisher.start();
  await next.publish(42);
  expect(await readManifest(memory)).toMatchObject({
    epoch: EPOCH,
    first: 42,
    latest: 42,
    previous: { epoch: OLD_EPOCH, first: 40, latest: 41, segmentSeconds: 10, latestStart: T0 + 410_000 },
    discontinuities: 1,
    breaks: [],
  });
  const playlist = await (await memory.get('lq.m3u8')).text();
  expect(playlist).toMatch(
    new RegExp(
      `MEDIA-SEQUENCE:40\\n#EXT-X-MAP:URI="${OLD_EPOCH}[^]*00000041.mp4\\n#EXT-X-DISCONTINUITY\\n#EXT-X-MAP:URI="${EPOCH}/lq`,
    ),
  );
  for (let index = 43; index <= 45; index++) await next.publish(index);
  const left = await keys(memory);
  expect(left.filter((key) => key.startsWith(OLD_EPOCH))).toEqual([`${OLD_EPOCH}/hq/cover.jpg`]);
  expect(left).toEqual(expect.arrayContaining(foreign));
  expect((await readManifest(memory)).previous).toBeUndefined();
});

it('continues an epoch after a kill: the window is taken over, one break, the frames go on', async () => {
  const { memory } = await runBefore([0, 1, 2, 3]);
  const next = setUp({
    store: memory,
    epoch: OLD_EPOCH,
    firstIndex: 4,
    epochFirstIndex: 0,
    lastWriters: [OLD_WRITER],
  });
  await next.publisher.start();
  await next.publish(4, 7000);
  expect(await readManifest(memory)).toMatchObject({
    epoch: OLD_EPOCH,
    first: 2,
    latest: 4,
    breaks: [{ index: 4, frame: 4 * 480_000, utcMs: T0 + 47_000, lostMs: 7000, reason: 'restart' }],
    discontinuities: 1,
  });
  const playlist = await (await memory.get('hq.m3u8')).text();
  expect(playlist).toContain('00000003.mp4\n#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-11-20T20:00:47.000Z');
});

it('takes a killed station off air when it stops before its first segment', async () => {
  const { memory } = await runBefore([41]);
  const next = setUp({ store: memory, firstIndex: 42, lastWriters: [OLD_WRITER] });
  await next.publisher.start();
  await next.publisher.stop(1000);
  expect(await readManifest(memory)).toMatchObject({ live: false, epoch: OLD_EPOCH, latest: 41 });
});

it('stops when another encoder has the station, and writes nothing more', async () => {
  const { memory, publish, publisher, events } = setUp();
  await publish(0);
  const other = setUp({ store: memory, epoch: OTHER_EPOCH, firstIndex: 1, lastWriters: [await writerOf(memory)] });
  await other.publisher.start();
  await other.publish(1);
  const theirs = await readManifest(memory);
  await publish(1);
  expect(events.at(-1)).toMatchObject({ type: 'fenced', error: { code: 'Fenced' } });
  await publish(2);
  expect(await publisher.stop(1000)).toBe(true);
  expect(await readManifest(memory)).toEqual(theirs);
});

it('writes nothing at all when it was frozen until another encoder took its place', async () => {
  const { memory, publish, log, events } = setUp();
  await publish(0);
  const other = setUp({ store: memory, epoch: OTHER_EPOCH, firstIndex: 1, lastWriters: [await writerOf(memory)] });
  await other.publisher.start();
  for (const index of [1, 2, 3]) await other.publish(index);
  const before = log.length;
  // Its clock has gone on, as the other's did.
  await publish(3);
  expect(events.at(-1)).toMatchObject({ type: 'fenced', error: { code: 'Fenced' } });
  expect(log.slice(before)).toEqual([]);
});

it('refuses to start beside another encoder', async () => {
  const { memory } = await runBefore([0]);
  const second = setUp({ store: memory });
  await expect(second.publisher.start()).rejects.toThrow(/another encoder \(01K9A.*--standby/);
});

async function writerOf(store: ObjectStore): Promise<string> {
  return (await readManifest(store)).writer ?? '';
}

it('leaves hq out when the uplink is too thin for it, and adds it when it arrives', async () => {
  const gate = Promise.withResolvers<void>();
  const slow = createMemoryStore();
  const store: ObjectStore = {
    ...slow,
    put: async (key, body, options) => {
      if (key.endsWith('hq/00000001.mp4')) await gate.promise;
      return await slow.put(key, body, options);
    },
  };
  const { publisher, publish, events } = setUp({ store, sleep: quickly });
  await publish(0);
  enqueue(publisher, 1);
  await expect.poll(async () => (await readManifest(slow)).latest).toBe(1);
  expect((await readManifest(slow)).missing).toEqual([{ rendition: 'hq', index: 1 }]);
  gate.resolve();
  await publisher.whenIdle();
  expect((await readManifest(slow)).missing).toEqual([]);
  expect(events).toContainEqual({ type: 'backfilled', index: 1, rendition: 'hq' });
  expect(await (await slow.get('hq.m3u8')).text()).toContain('#EXT-X-GAP');
  expect(await (await slow.get('lq.m3u8')).text()).not.toContain('#EXT-X-GAP');
});

it('says what is playing from which frame on', async () => {
  const { memory, publish, publisher } = setUp();
  await publish(0);
  publisher.setNowPlaying({ frame: 480_000 + 24_000, title: 'Nocturne', artist: 'Field' });
  await publish(1);
  expect((await readManifest(memory)).nowPlaying).toEqual({ frame: 504_000, title: 'Nocturne', artist: 'Field' });
  expect(await (await memory.get('hq.m3u8')).text()).toContain('START-DATE="2026-11-20T20:00:10.500Z"');
  expect(() => publisher.setNowPlaying({ frame: 0, title: 'x'.repeat(201) })).toThrow('more than 200 bytes');
});

it('gives up a stop when the bucket does not answer', async () => {
  const { memory, down, publisher, publish } = setUp({ sleep: quickly });
  await publish(0);
  down.is = true;
  enqueue(publisher, 1);
  expect(await publisher.stop(5000)).toBe(false);
  expect(await readManifest(memory)).toMatchObject({ live: true, latest: 0 });
});

it.each([360, 8640])(
  'keeps the manifest within 2 KiB with every list full, and a window of %i',
  async (windowSegments) => {
    const { memory, publisher, publish } = setUp({ station: 'n'.repeat(100), windowSegments });
    for (let n = 0; n < 50; n++)
      publisher.addGap({ position: 900_000_000_000 + n * 48_000, frames: 48_000, reason: 'stall' });
    publisher.setNowPlaying({ frame: 1, title: 'é'.repeat(100), artist: 'a'.repeat(200), album: 'b'.repeat(200) });
    await publish(1_000_000);
    for (let n = 1; n <= 40; n++) await publish(1_000_000 + 2 * n);
    const bytes = (await memory.head('manifest.json')).size;
    expect(bytes).toBeLessThanOrEqual(2048);
    const told = await readManifest(memory);
    const hours = await readHourIndexes(told, async (path) => await (await memory.get(path)).text());
    expect(hours.length > 0).toBe(windowSegments > 360);
    const manifest = withHourIndexes(told, hours);
    // What is not listed as missing is promised: every other segment is missing here.
    expect(manifest.first % 2).toBe(0);
    expect(manifest.missing.filter(({ rendition }) => rendition === 'lq')).toHaveLength(
      (manifest.latest - manifest.first) / 2,
    );
  },
);

it.each([
  [{ windowSegments: 2 }, /windowSegments is 2; use a whole number from 3/],
  [{ deleteGraceSegments: -1 }, /deleteGraceSegments is -1; use a whole number from 0/],
])('refuses %j', (options, message) => {
  expect(() => setUp(options)).toThrow(message);
});

it('never lets an older playlist arrive after a newer one', async () => {
  const memory = createMemoryStore();
  const held = Promise.withResolvers<void>();
  let hold = false;
  let refuse = false;
  const store: ObjectStore = {
    ...memory,
    put: async (key, body, options) => {
      if (key === 'hq.m3u8' && refuse) {
        refuse = false;
        throw new ObjectStoreError('Unavailable', 'refused');
      }
      if (key === 'lq.m3u8' && hold) {
        hold = false;
        await held.promise;
      }
      return await memory.put(key, body, options);
    },
  };
  const { publisher, publish, events } = setUp({ store, sleep: quickly });
  await publish(0);
  hold = true;
  refuse = true;
  enqueue(publisher, 1);
  await expect.poll(() => events.filter(({ type }) => type === 'published').length).toBe(2);
  enqueue(publisher, 2);
  await expect.poll(() => publisher.status.window?.latest).toBe(2);
  held.resolve();
  await publisher.whenIdle();
  expect(await (await memory.get('lq.m3u8')).text()).toContain('00000002.mp4');
});
