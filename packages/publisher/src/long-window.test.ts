import { createMemoryStore, type ObjectStore, ObjectStoreError } from '@bucket-radio/object-store';
import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';
import { StationListener, seededRandom, VirtualClock } from '@bucket-radio/testing';
import { madeSegment } from '@bucket-radio/testing/made-segment';
import { expect, it } from 'vitest';
import type { PublisherEvent } from './events.ts';
import { createPublisher } from './publisher.ts';
import type { Publisher, PublisherOptions } from './types.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
const EPOCH = '01K9MMMMMMMMMMMMMMMMMMMMMM';
const NEXT_EPOCH = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';
const T0 = Date.UTC(2026, 10, 20, 20, 17);
/** At scale 12 and more the window is the longest that is supported. */
const WINDOW_HOURS = Math.min(24, 2 * SCALE);
const SECONDS = 10;
const PER_HOUR = 3600 / SECONDS;
const WINDOW = WINDOW_HOURS * PER_HOUR;
/** A listener looks at everything this often: it is much. */
const MANIFESTS_PER_LOOK = 40;

interface World {
  readonly clock: VirtualClock;
  readonly store: ObjectStore;
  readonly view: Map<string, string>;
  readonly listener: StationListener;
  readonly line: { down: boolean; manifestBytes: number; requests: number };
}

/** A bucket in memory, the listener who looks at it, and the line between. */
function createWorld(): World {
  const clock = new VirtualClock(T0);
  const memory = createMemoryStore();
  const view = new Map<string, string>();
  const listener = new StationListener();
  const line = { down: false, manifestBytes: 0, requests: 0 };
  let manifests = 0;
  const request = async <T>(act: () => Promise<T>): Promise<T> => {
    line.requests += 1;
    await clock.sleep(30);
    if (line.down) throw new ObjectStoreError('Unavailable', 'the line is down');
    return await clock.hold(act);
  };
  const store: ObjectStore = {
    name: 'line',
    put: async (key, body, options) =>
      await request(async () => {
        const result = await memory.put(key, body, options);
        view.set(key, key.endsWith('.mp4') ? result.etag : new TextDecoder().decode(body));
        if (key.endsWith('.mp4')) listener.written(key, result.etag);
        if (key !== 'manifest.json') return result;
        line.manifestBytes = Math.max(line.manifestBytes, body.length);
        if (manifests++ % MANIFESTS_PER_LOOK === 0) listener.check(view);
        return result;
      }),
    get: async (key, options) => await request(async () => await memory.get(key, options)),
    head: async (key, options) => await request(async () => await memory.head(key, options)),
    delete: async (key, options) =>
      await request(async () => {
        await memory.delete(key, options);
        view.delete(key);
      }),
    list: (options) => memory.list(options),
  };
  return { clock, store, view, listener, line };
}

const segment = (rendition: RenditionName, index: number): EncodedSegment =>
  madeSegment(rendition, index, { seconds: SECONDS, bytes: 40, startMs: T0 });

interface Show {
  readonly publisher: Publisher;
  readonly events: PublisherEvent[];
  /** Plays segments `from` to `to` as they become due. */
  readonly play: (from: number, to: number, each?: (index: number) => void) => Promise<void>;
}

function createShow({ clock, store }: World, options: Partial<PublisherOptions> = {}): Show {
  const events: PublisherEvent[] = [];
  const publisher = createPublisher({
    store,
    station: 'Long',
    epoch: EPOCH,
    segmentSeconds: SECONDS,
    fidelity: 'bit-perfect',
    windowSegments: WINDOW,
    spoolLimits: { maxMemoryBytes: 2 ** 30 },
    clock,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const play: Show['play'] = async (from, to, each) => {
    for (let index = from; index <= to; index++) {
      await clock.sleep(Math.max(0, (index + 1) * SECONDS * 1000 - clock.monotonicMs()));
      each?.(index);
      for (const rendition of ['lq', 'hq'] as const) publisher.enqueue(segment(rendition, index));
    }
  };
  return { publisher, events, play };
}

function segmentsIn(view: ReadonlyMap<string, string>): number {
  let segments = 0;
  for (const key of view.keys()) if (/\d{8}\.mp4$/.test(key)) segments += 1;
  return segments;
}

function indexKeys(view: ReadonlyMap<string, string>): string[] {
  return [...view.keys()].filter((key) => key.includes('/index/')).sort();
}

it(
  `keeps a window of ${WINDOW_HOURS} h: one small manifest, an index of its hours, and nothing else in the bucket (seed ${SEED})`,
  async () => {
    const random = seededRandom(SEED);
    const world = createWorld();
    const { clock, view, listener, line } = world;
    const { publisher, play, events } = createShow(world);
    await clock.run(publisher.start());
    const last = Math.round(1.5 * WINDOW) + PER_HOUR;
    let outageUntil = -1;
    let mostObjects = 0;
    let gaps = 0;
    const live = play(0, last, (index) => {
      // Lines that go for up to ten minutes, sources that lose frames, throughout.
      if (random() < 0.004) outageUntil = index + Math.floor(random() * 60);
      line.down = index < outageUntil;
      if (random() < 0.05) {
        publisher.addGap({ position: index * SECONDS * 48_000 + 7, frames: 480, reason: 'xrun' });
        gaps += 1;
      }
      if (index > WINDOW + 120) mostObjects = Math.max(mostObjects, segmentsIn(view));
    });
    await clock.run(live);
    line.down = false;
    await clock.run(publisher.whenIdle());
    listener.check(view);
    const before = listener.manifest;
    expect(await clock.run(publisher.stop(60_000))).toBe(true);
    listener.check(view);
    expect(listener.violations).toEqual([]);
    expect(events.filter(({ type }) => type === 'dropped' || type === 'fenced')).toEqual([]);
    expect(listener.manifest).toMatchObject({ live: false, first: last - WINDOW + 1, latest: last, missing: [] });
    // Every gap of the window is told, and none of those before it.
    const told = before?.gaps.filter(({ frame }) => frame >= (before.first ?? 0) * SECONDS * 48_000) ?? [];
    expect(told.length).toBeGreaterThan(0);
    expect(new Set(told.map(({ frame }) => frame)).size).toBe(told.length);
    if (gaps > 0) expect(told.length / gaps).toBeGreaterThan(0.4);
    // Deletes keep up: what is in the bucket is the window, the grace, and what an outage holds back.
    expect(mostObjects).toBeLessThan(2 * (WINDOW + 70));
    expect(segmentsIn(view)).toBe(2 * WINDOW);
    const hours = indexKeys(view);
    expect(hours.length).toBeLessThanOrEqual(WINDOW_HOURS + 1);
    expect(hours.length).toBeGreaterThanOrEqual(WINDOW_HOURS - 1);
    expect(line.manifestBytes).toBeLessThanOrEqual(2048);
    process.stdout.write(
      `window of ${WINDOW_HOURS} h: ${last + 1} segments, ${listener.checks} looks, manifest at most ${line.manifestBytes} bytes, ` +
        `${hours.length} hours indexed, ${(line.requests / (last + 1)).toFixed(2)} requests per segment, ${told.length} gaps told, ` +
        `${listener.violations.length} promises broken\n`,
    );
  },
  240_000 + 60_000 * SCALE,
);

it.each([3, 30, 360])(
  'keeps a window of %i segments: one small manifest, and deletes that keep up',
  async (window) => {
    const world = createWorld();
    const { clock, view, listener, line } = world;
    const { publisher, play } = createShow(world, { windowSegments: window });
    await clock.run(publisher.start());
    const last = window + 240;
    let mostObjects = 0;
    await clock.run(
      play(0, last, (index) => {
        // Two minutes without a line, now and then: what is deleted late must be deleted all the same.
        line.down = index % 80 >= 60 && index % 80 < 72;
        if (index % 80 > 40 && index % 80 < 60) mostObjects = Math.max(mostObjects, segmentsIn(view));
      }),
    );
    line.down = false;
    await clock.run(publisher.whenIdle());
    listener.check(view);
    expect(await clock.run(publisher.stop(60_000))).toBe(true);
    listener.check(view);
    expect(listener.violations).toEqual([]);
    expect(listener.manifest).toMatchObject({ live: false, first: last - window + 1, latest: last });
    // The window, the segment on its way and the one that is kept for late readers.
    expect(mostObjects).toBeLessThanOrEqual(2 * (window + 2));
    expect(segmentsIn(view)).toBe(2 * window);
    expect(line.manifestBytes).toBeLessThanOrEqual(2048);
    process.stdout.write(
      `window of ${window} segments: at most ${mostObjects} segment objects in the bucket, manifest at most ${line.manifestBytes} bytes\n`,
    );
  },
  240_000,
);

it('goes on after a restart with every hour it had, tells the break, and hands them on to a new epoch', async () => {
  const world = createWorld();
  const { clock, view, listener, line } = world;
  const window = { windowSegments: 2 * PER_HOUR };
  const first = createShow(world, window);
  await clock.run(first.publisher.start());
  await clock.run(
    first.play(0, 500, (index) => {
      // Lost for good: more than a playlist or a manifest can tell of, two at a time.
      if (index < 500 && index % 4 < 2)
        first.publisher.addGap({ position: index * 480_000, frames: 48, reason: 'xrun' });
    }),
  );
  await clock.run(first.publisher.whenIdle());
  listener.check(view);
  expect(listener.manifest?.gaps).toHaveLength(250);
  const writer = listener.manifest?.writer ?? '';
  const hoursBefore = indexKeys(view);
  expect(hoursBefore.length).toBeGreaterThanOrEqual(1);

  const second = createShow(world, {
    ...window,
    firstIndex: 520,
    epochFirstIndex: 0,
    starts: [0, 520],
    lastWriters: [writer],
  });
  await clock.run(second.publisher.start());
  await clock.run(second.play(520, 700));
  await clock.run(second.publisher.whenIdle());
  listener.check(view);
  expect(listener.manifest).toMatchObject({ first: 0, latest: 700, breaks: [{ index: 520 }] });
  expect(listener.manifest?.gaps.map(({ frame }) => frame / 480_000)).toEqual(
    Array.from({ length: 500 }, (_, n) => n).filter((n) => n % 4 < 2),
  );

  const third = createShow(world, {
    ...window,
    epoch: NEXT_EPOCH,
    firstIndex: 701,
    lastWriters: [listener.manifest?.writer ?? ''],
  });
  await clock.run(third.publisher.start());
  await clock.run(third.play(701, 1100));
  await clock.run(third.publisher.whenIdle());
  listener.check(view);
  expect(listener.manifest).toMatchObject({ epoch: NEXT_EPOCH, first: 701, latest: 1100, previous: { first: 381 } });
  expect(indexKeys(view).some((key) => key.startsWith(EPOCH))).toBe(true);
  await clock.run(third.play(1101, 1450));
  await clock.run(third.publisher.stop(60_000));
  listener.check(view);
  expect(indexKeys(view).every((key) => key.startsWith(NEXT_EPOCH))).toBe(true);
  expect(listener.violations).toEqual([]);
  expect(line.manifestBytes).toBeLessThanOrEqual(2048);
}, 240_000);

it('has no index when the window is short', async () => {
  const world = createWorld();
  const { clock, view, listener } = world;
  const { publisher, play } = createShow(world, { windowSegments: PER_HOUR });
  await clock.run(publisher.start());
  await clock.run(play(0, PER_HOUR + 300));
  await clock.run(publisher.stop(60_000));
  listener.check(view);
  expect(indexKeys(view)).toEqual([]);
  expect(listener.manifest?.index).toBeUndefined();
  expect(listener.violations).toEqual([]);
}, 240_000);
