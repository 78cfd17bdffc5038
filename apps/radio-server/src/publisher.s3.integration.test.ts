import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isObjectStoreError, type ObjectStore, withPrefix } from '@bucket-radio/object-store';
import { createBucket, createS3Store } from '@bucket-radio/object-store-s3';
import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';
import {
  createPublisher,
  type Publisher,
  type PublisherEvent,
  type SpoolDisk,
  systemDisk,
} from '@bucket-radio/publisher';
import {
  AcceleratedClock,
  type FaultyProxy,
  type ProxyChange,
  StationListener,
  seededRandom,
  serviceOrSkip,
  startFaultyProxy,
} from '@bucket-radio/testing';
import { madeSegment, T0 } from '@bucket-radio/testing/made-segment';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { s3Account } from './testing/s3-account.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
/** Large scales are shared among stations, each with a line and a prefix of its own. */
const STATIONS = SCALE < 3 ? 1 : 4;
const SEGMENTS = Math.max(10, Math.round((40 * SCALE) / STATIONS));
const WINDOW = 60;
/**
 * The source waits for a line that is up and slower than this clock, as a computer that does other things makes it. The
 * window moves on with the source: nothing may wait for more than half of it, so that an outage leaves the other half.
 */
const MAX_LATE_SEGMENTS = WINDOW / 2;
/** Station seconds per real second: the store's own waits are in real time. */
const SPEED = 4;
const EPOCH = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';

const segment = (rendition: RenditionName, index: number): EncodedSegment =>
  madeSegment(rendition, index, { seconds: 1, bytes: rendition === 'hq' ? 60_000 : 16_000 });

describe.skipIf(!serviceOrSkip('s3').available)('a publisher behind a line that fails, on a real S3 server', () => {
  const { options: account } = s3Account('faults');
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'publisher-s3-'));
    await createBucket(account);
  });
  afterEach(async () => await rm(directory, { recursive: true, force: true }));

  it(
    `keeps every promise and loses nothing (seed ${SEED}, ${STATIONS} × ${SEGMENTS} segments)`,
    async () => {
      const runs = await Promise.all(
        Array.from({ length: STATIONS }, async (_, n) => {
          const trial = new Trial({ account, prefix: `station-${n}/`, seed: SEED * 100 + n, directory });
          return await trial.run();
        }),
      );
      process.stdout.write(`${summaryOf(runs)}\n`);
      expect(runs.flatMap(({ problems }) => problems)).toEqual([]);
    },
    120_000 + SEGMENTS * 2500,
  );
});

interface TrialOptions {
  readonly account: Parameters<typeof createS3Store>[0];
  readonly prefix: string;
  readonly seed: number;
  readonly directory: string;
}

interface TrialResult {
  readonly requests: number;
  readonly injected: ReadonlyMap<string, number>;
  /** Checks of every promise: after each request, on what it did to the bucket. */
  readonly checks: number;
  /** The same on what the bucket says when it is asked, as listeners do. */
  readonly looks: number;
  readonly backfilled: number;
  readonly lost: number;
  /** Segments for which the source had to wait. */
  readonly waits: number;
  /** Every promise that was broken, and whatever else is not as it should be. */
  readonly problems: readonly string[];
}

function summaryOf(runs: readonly TrialResult[]): string {
  const sum = (pick: (run: TrialResult) => number): number => runs.reduce((total, run) => total + pick(run), 0);
  const kinds = new Map<string, number>();
  for (const { injected } of runs) {
    for (const [kind, count] of injected) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  }
  const faults = [...kinds.values()].reduce((all, count) => all + count, 0);
  return (
    `${sum(({ requests }) => requests)} requests, ${faults} faults (${[...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ')}), ` +
    `every promise checked ${sum(({ checks }) => checks)} times after a request and ${sum(({ looks }) => looks)} times by a listener, ` +
    `${sum(({ backfilled }) => backfilled)} objects backfilled, the source waited for ${sum(({ waits }) => waits)} of ${STATIONS * SEGMENTS} segments, ` +
    `${sum(({ lost }) => lost)} segments lost, ${sum(({ problems }) => problems.length)} promises broken`
  );
}

/** One station behind a line that fails, while its disk fills up, its clock is set and another encoder tries to take over. */
class Trial {
  readonly #options: TrialOptions;
  readonly #random: () => number;
  readonly #clock = new AcceleratedClock(SPEED, T0);
  readonly #injected = new Map<string, number>();
  #diskIsFull = false;
  #fenced = 0;
  #waits = 0;
  #intruders: Promise<void>[] = [];

  constructor(options: TrialOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  async run(): Promise<TrialResult> {
    const { account, prefix } = this.#options;
    const mirror = new BucketMirror(`/${account.bucket}/${prefix}`);
    const proxy = await startFaultyProxy({
      target: account.endpoint,
      random: this.#random,
      onChange: (change) => mirror.apply(change),
      onRequest: () => mirror.check(),
    });
    const failing = createS3Store({ ...account, endpoint: proxy.endpoint, idleTimeoutMs: 500, requestTimeoutMs: 3000 });
    const direct = createS3Store(account);
    const bucket = withPrefix(direct, prefix);
    const store = withPrefix(failing, prefix);
    const events: PublisherEvent[] = [];
    const publisher = this.#createPublisher(store, events);
    await publisher.start();
    const listener = new StationListener();
    const over = new AbortController();
    const listening = listen(bucket, listener, over.signal);
    proxy.faultShare = 0.3;
    await this.#play(publisher, store, proxy, () => mirror.keys().includes('manifest.json'));
    proxy.isDown = false;
    this.#diskIsFull = false;
    await publisher.whenIdle();
    proxy.faultShare = 0;
    await Promise.all(this.#intruders);
    const stopped = await publisher.stop(120_000);
    over.abort();
    await listening;
    await look(bucket, listener);
    const left: string[] = [];
    for await (const { key } of bucket.list()) left.push(key);
    proxy.close();
    failing.close();
    direct.close();
    for (const [kind, count] of proxy.injected) this.#injected.set(kind, count);
    const { backfilled, dropped } = publisher.status.counts;
    const problems = [...mirror.listener.violations, ...this.#problemsWith(listener, events)];
    if (!stopped) problems.push('the bucket was not told that the station is off');
    // What was checked after every request is what is there.
    if (left.sort().join() !== mirror.keys().join())
      problems.push(`${left.length} objects, and ${mirror.keys().length} expected`);
    return {
      requests: proxy.requests(),
      injected: this.#injected,
      checks: mirror.listener.checks,
      looks: listener.checks,
      backfilled,
      lost: dropped,
      waits: this.#waits,
      problems,
    };
  }

  #problemsWith({ violations, manifest }: StationListener, events: readonly PublisherEvent[]): string[] {
    const problems = [...violations];
    const dropped = events.filter((event) => event.type === 'dropped');
    const reasons = dropped.map(({ index, why, rendition = 'both' }) => `${index} (${rendition}): ${why}`);
    if (dropped.length > 0) problems.push(`${dropped.length} segments were dropped: ${reasons.join(', ')}`);
    if (events.some(({ type }) => type === 'fenced')) problems.push('the station lost its place');
    if (this.#fenced !== this.#intruders.length) problems.push('a second encoder was let in');
    const { live, first, latest, missing } = manifest ?? {};
    const end = JSON.stringify({ live, first, latest, missing });
    const expected = { live: false, first: Math.max(0, SEGMENTS - WINDOW), latest: SEGMENTS - 1, missing: [] };
    if (end !== JSON.stringify(expected)) problems.push(`at the end the manifest says ${end}`);
    return problems;
  }

  async #play(publisher: Publisher, store: ObjectStore, proxy: FaultyProxy, isThere: () => boolean): Promise<void> {
    const clock = this.#clock;
    let startMs = clock.monotonicMs();
    for (let index = 0; index < SEGMENTS; index++) {
      const dueMs = startMs + (index + 1) * 1000 - clock.monotonicMs();
      if (dueMs > 0) await clock.sleep(dueMs);
      proxy.isDown = index % 40 >= 20 && index % 40 < 28;
      const isLate = (): boolean => index - (publisher.status.oldestQueuedIndex ?? index) > MAX_LATE_SEGMENTS;
      if (!proxy.isDown && isLate()) this.#waits += 1;
      while (!proxy.isDown && isLate()) {
        await clock.sleep(500);
        startMs += 500;
      }
      this.#diskIsFull = index % 30 >= 5 && index % 30 < 12;
      if (index % 15 === 4) {
        clock.step(this.#random() < 0.5 ? 3_600_000 : -3_600_000);
        this.#count('clock step');
      }
      for (const rendition of ['lq', 'hq'] as const) publisher.enqueue(segment(rendition, index));
      if (index % 50 === 6) this.#intruders.push(this.#intrude(store, isThere));
    }
  }

  /** Another encoder that was pointed at the same place. Whoever is there first is let in: it comes after the station. */
  async #intrude(store: ObjectStore, isThere: () => boolean): Promise<void> {
    while (!isThere()) await this.#clock.sleep(100);
    const intruder = createPublisher({
      store,
      station: 'Intruder',
      epoch: '01KAZZZZZZZZZZZZZZZZZZZZZZ',
      segmentSeconds: 1,
      fidelity: 'bit-perfect',
    });
    for (;;) {
      try {
        await intruder.start();
        return;
      } catch (error) {
        if (isObjectStoreError(error)) continue;
        expect(error).toMatchObject({ code: 'Fenced' });
        this.#fenced += 1;
        this.#count('second encoder');
        return;
      }
    }
  }

  #createPublisher(store: ObjectStore, events: PublisherEvent[]): Publisher {
    const directory = join(this.#options.directory, String(this.#options.seed));
    const disk: SpoolDisk = {
      ...systemDisk,
      writeDurably: async (path, data) => {
        if (!this.#diskIsFull) return await systemDisk.writeDurably(path, data);
        this.#count('disk full');
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      },
    };
    return createPublisher({
      store,
      station: 'Faults',
      epoch: EPOCH,
      segmentSeconds: 1,
      fidelity: 'bit-perfect',
      windowSegments: WINDOW,
      stateFile: join(directory, 'state.json'),
      spoolDirectory: join(directory, 'spool'),
      disk,
      clock: this.#clock,
      onEvent: (event) => events.push(event),
    });
  }

  #count(kind: string): void {
    this.#injected.set(kind, (this.#injected.get(kind) ?? 0) + 1);
  }
}

/** Every so many real milliseconds: each look lists the bucket and reads what changes in it twice. */
const LOOK_INTERVAL_MS = 500;

async function listen(bucket: ObjectStore, listener: StationListener, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await look(bucket, listener);
    await delay(LOOK_INTERVAL_MS, undefined, { signal: over }).catch(() => undefined);
  }
}

/**
 * What the requests that passed the line have made of the bucket, at worst for a listener: an object is there when the
 * server has confirmed it, and gone when its delete is sent.
 */
class BucketMirror {
  readonly listener = new StationListener();
  readonly #root: string;
  readonly #view = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  apply({ path, body, etag = '' }: ProxyChange): void {
    if (!path.startsWith(this.#root)) return;
    const key = path.slice(this.#root.length);
    if (body === undefined) this.#view.delete(key);
    else if (key.endsWith('.mp4')) {
      this.listener.written(key, etag);
      this.#view.set(key, etag);
    } else this.#view.set(key, body.toString());
  }

  check(): void {
    this.listener.check(this.#view);
  }

  keys(): string[] {
    return [...this.#view.keys()].sort();
  }
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
