import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Manifest, parseManifest } from '@bucket-radio/manifest';
import { createMemoryStore, type ObjectStore } from '@bucket-radio/object-store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PublisherClock } from './clock.ts';
import { planRun } from './plan-run.ts';
import { createPublisher } from './publisher.ts';
import type { Publisher } from './types.ts';

const T0 = Date.UTC(2026, 10, 20, 20);
const SECONDS = 10;
const SEGMENT = SECONDS * 48_000;
const NOCTURNE = { title: 'Nocturne', artist: 'Field', album: 'Nights' };

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'now-playing-'));
});
const started: Publisher[] = [];
afterEach(async () => {
  // They may be writing their state still.
  for (const publisher of started.splice(0).reverse()) await publisher.stop(1000);
  await rm(directory, { recursive: true, force: true });
});

interface Run {
  readonly publisher: Publisher;
  readonly firstIndex: number;
  /** Captures and publishes the next `count` segments. */
  readonly play: (count: number) => Promise<void>;
  /** What it knew is what the next run finds. */
  readonly kill: () => Promise<void>;
}

let runs = 0;

function stateFile(run: number): string {
  return join(directory, `state-${run}.json`);
}

/** A station that starts `atMs` after T0. Each has a state file of its own, which a killed one may still write to. */
async function startRun(store: ObjectStore, atMs: number): Promise<Run> {
  let nowMs = T0 + atMs;
  const clock: PublisherClock = {
    utcMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms, signal) => await delay(ms / 1000, undefined, { signal }),
  };
  const common = { store, segmentSeconds: SECONDS, codecs: 'test', stateFile: stateFile(runs), clock };
  const plan = await planRun(common);
  const publisher = createPublisher({
    ...plan,
    ...common,
    station: 'Titles',
    fidelity: 'converted',
    minManifestIntervalMs: 0,
  });
  started.push(publisher);
  await publisher.start();
  let next = plan.firstIndex;
  const play = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++, next++) {
      const utcMs = T0 + atMs + (next - plan.firstIndex) * SECONDS * 1000;
      nowMs = utcMs + SECONDS * 1000;
      for (const rendition of ['lq', 'hq'] as const) {
        const init = Uint8Array.of(rendition === 'hq' ? 1 : 2);
        const data = new Uint8Array(10).fill(next);
        publisher.enqueue({ rendition, index: next, position: next * SEGMENT, frames: SEGMENT, utcMs, data, init });
      }
      await publisher.whenIdle();
    }
  };
  const kill = async (): Promise<void> => {
    const { title } = publisher.status.nowPlaying ?? {};
    const told = async (): Promise<string> => await readFile(stateFile(runs), 'utf8');
    await expect.poll(told).toContain(`"writers":["${plan.writer}"]`);
    if (title !== undefined) await expect.poll(told).toContain(`"title":"${title}"`);
    runs += 1;
    await copyFile(stateFile(runs - 1), stateFile(runs));
  };
  return { publisher, firstIndex: plan.firstIndex, play, kill };
}

async function manifestOf(store: ObjectStore): Promise<Manifest> {
  return parseManifest(await (await store.get('manifest.json')).text());
}

async function titlesOf(store: ObjectStore): Promise<string[]> {
  const text = await (await store.get('lq.m3u8')).text();
  const ranges = text.matchAll(/#EXT-X-DATERANGE:ID="[^"]*-(\d+)",.*START-DATE="([^"]*)".*X-TITLE="([^"]*)"/g);
  return [...ranges].map(([, frame, date, title]) => `${frame} ${date} ${title}`);
}

/** What is playing stamped half a segment into the second one, of three. */
async function killedWhilePlaying(store: ObjectStore): Promise<void> {
  const before = await startRun(store, 0);
  await before.play(1);
  before.publisher.setNowPlaying({ frame: 1.5 * SEGMENT, ...NOCTURNE });
  await before.play(2);
  await before.kill();
}

const TOLD = '720000 2026-11-20T20:00:15.000Z Nocturne';

it('keeps what is playing over a restart: the title, its frame and its moment', async () => {
  const store = createMemoryStore();
  await killedWhilePlaying(store);
  expect(await titlesOf(store)).toEqual([TOLD]);
  const again = await startRun(store, 40_000);
  expect(again.publisher.status.nowPlaying).toEqual({ frame: 720_000, ...NOCTURNE });
  await again.play(1);
  expect((await manifestOf(store)).nowPlaying).toEqual({ frame: 720_000, ...NOCTURNE });
  expect(await titlesOf(store)).toEqual([TOLD]);
  // Once more, with the segment it began in long out of the window.
  await again.play(4);
  await again.kill();
  const third = await startRun(store, 100_000);
  await third.play(1);
  expect((await manifestOf(store)).nowPlaying).toEqual({ frame: 720_000, ...NOCTURNE });
  expect(await titlesOf(store)).toEqual([TOLD]);
});

it('takes a title that is said again at the start for the one that is playing, and another for a new one', async () => {
  const store = createMemoryStore();
  await killedWhilePlaying(store);
  const { publisher, firstIndex, play } = await startRun(store, 40_000);
  publisher.setNowPlaying({ frame: firstIndex * SEGMENT + 480, ...NOCTURNE });
  await play(1);
  expect((await manifestOf(store)).nowPlaying?.frame).toBe(720_000);
  publisher.setNowPlaying({ frame: firstIndex * SEGMENT + 48_000, title: 'Rondo' });
  await play(1);
  expect((await manifestOf(store)).nowPlaying).toEqual({ frame: firstIndex * SEGMENT + 48_000, title: 'Rondo' });
  expect(await titlesOf(store)).toEqual([TOLD, `${firstIndex * SEGMENT + 48_000} 2026-11-20T20:00:41.000Z Rondo`]);
});

it('remembers a title that was said and not yet published, and begins it with the run', async () => {
  const store = createMemoryStore();
  const before = await startRun(store, 0);
  await before.play(1);
  // Half a segment before the kill: frames that the next run numbers again.
  before.publisher.setNowPlaying({ frame: 1.5 * SEGMENT, ...NOCTURNE });
  await before.publisher.whenIdle();
  await before.kill();
  const { firstIndex, play } = await startRun(store, 22_000);
  expect(firstIndex).toBe(1);
  await play(1);
  expect((await manifestOf(store)).nowPlaying).toEqual({ frame: SEGMENT, ...NOCTURNE });
  expect((await titlesOf(store)).at(-1)).toBe(`${SEGMENT} 2026-11-20T20:00:22.000Z Nocturne`);
});

it('does not know what is playing after a stop longer than the window', async () => {
  const store = createMemoryStore();
  await killedWhilePlaying(store);
  const again = await startRun(store, 61_000);
  expect(again.publisher.status.nowPlaying).toBeUndefined();
  await again.play(1);
  expect((await manifestOf(store)).nowPlaying).toBeUndefined();
  expect(await titlesOf(store)).toEqual([]);
  await again.kill();
  const next = await startRun(store, 80_000);
  await next.play(1);
  expect((await manifestOf(store)).nowPlaying).toBeUndefined();
});
