import { initKey, type Manifest, segmentTemplate } from '@bucket-radio/manifest';
import { createMemoryStore, type ObjectStore, ObjectStoreError } from '@bucket-radio/object-store';
import { expect, it } from 'vitest';
import { type PublisherClock, systemClock } from './clock.ts';
import { ManifestFence, readManifest } from './fence.ts';
import { KeyPacer } from './pacer.ts';

const EPOCH = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';
const { signal } = new AbortController();

function manifest(writer: string, latest: number): Manifest {
  return {
    version: 1,
    station: 'T',
    live: true,
    epoch: EPOCH,
    segmentSeconds: 10,
    sampleRate: 48_000,
    first: 0,
    latest,
    latestStart: 0,
    nextEta: 0,
    updatedAt: latest,
    fidelity: 'converted',
    renditions: [
      {
        name: 'lq',
        codec: 'opus',
        mime: 'audio/mp4',
        init: initKey(EPOCH, 'lq'),
        segment: segmentTemplate(EPOCH, 'lq'),
        bitrate: 1,
      },
    ],
    breaks: [],
    gaps: [],
    missing: [],
    writer,
  };
}

function createFence(
  store: ObjectStore,
  writer: string,
  lastWriters: readonly string[] = [],
  clock: Pick<PublisherClock, 'monotonicMs' | 'utcMs'> = systemClock,
) {
  const notices: string[] = [];
  const pacer = new KeyPacer(systemClock, 0);
  const onUnconditional = () => void notices.push('unconditional');
  const fence = new ManifestFence({
    store,
    writer,
    lastWriters,
    pacer,
    clock,
    segmentSeconds: 10,
    onUnconditional,
  });
  return { fence, notices };
}

async function latestIn(store: ObjectStore): Promise<number | undefined> {
  return (await readManifest(store, signal)).manifest?.latest;
}

it('of two writers who begin at once, one stays', async () => {
  const store = createMemoryStore();
  const [a, b] = [createFence(store, 'A').fence, createFence(store, 'B').fence];
  const results = await Promise.allSettled([a.write(manifest('A', 1), signal), b.write(manifest('B', 1), signal)]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect([a.held, b.held].filter(Boolean)).toHaveLength(1);
});

it.each(['before', 'after'] as const)(
  'is not thrown off by a reply lost %s the write was carried out',
  async (when) => {
    const memory = createMemoryStore();
    let lose = 0;
    const store: ObjectStore = {
      ...memory,
      put: async (key, body, options) => {
        if (lose-- !== 1) return await memory.put(key, body, options);
        if (when === 'after') await memory.put(key, body, options);
        throw new ObjectStoreError('Ambiguous', 'the answer was lost');
      },
    };
    const { fence } = createFence(store, 'A');
    await fence.write(manifest('A', 1), signal);
    lose = 1;
    await fence.write(manifest('A', 2), signal);
    await fence.write(manifest('A', 3), signal);
    expect(await latestIn(memory)).toBe(3);
  },
);

it('replaces what a run before left late, and nobody else', async () => {
  const store = createMemoryStore();
  const { fence: before } = createFence(store, 'A');
  await before.write(manifest('A', 1), signal);
  const { fence } = createFence(store, 'B', ['A']);
  fence.adopt(await readManifest(store, signal));
  await before.write(manifest('A', 2), signal);
  await fence.write(manifest('B', 3), signal);
  await expect(before.write(manifest('A', 3), signal)).rejects.toMatchObject({ code: 'Fenced' });
  expect(await latestIn(store)).toBe(3);
  expect(await before.verify(signal)).toBe(false);
});

it('reads before it writes where the store has no conditional writes', async () => {
  const memory = createMemoryStore();
  const store: ObjectStore = {
    ...memory,
    put: async (key, body, options) => {
      if (options?.mode !== 'overwrite') throw new ObjectStoreError('NotSupported', 'no conditional writes');
      return await memory.put(key, body, options);
    },
  };
  const { fence, notices } = createFence(store, 'A');
  await fence.write(manifest('A', 1), signal);
  await createFence(memory, 'B', ['A']).fence.write(manifest('B', 2), signal);
  await expect(fence.write(manifest('A', 2), signal)).rejects.toMatchObject({ code: 'Fenced' });
  expect(notices).toEqual(['unconditional']);
  expect(await latestIn(memory)).toBe(2);
});

it.each([
  ['a process was frozen', { monotonicMs: 15_000, utcMs: 15_000 }],
  ['a computer slept, and its monotonic clock with it', { monotonicMs: 0, utcMs: 15_000 }],
  ['a process was frozen and the clock set back meanwhile', { monotonicMs: 15_000, utcMs: -3_600_000 }],
])('asks whose the station is after %s, and not before', async (_, later) => {
  const memory = createMemoryStore();
  let reads = 0;
  const store: ObjectStore = {
    ...memory,
    get: async (key, options) => {
      reads += 1;
      return await memory.get(key, options);
    },
  };
  let now = { monotonicMs: 0, utcMs: 0 };
  const clock = { monotonicMs: () => now.monotonicMs, utcMs: () => now.utcMs };
  const { fence } = createFence(store, 'A', [], clock);
  await fence.write(manifest('A', 1), signal);
  now = { monotonicMs: 14_999, utcMs: 14_999 };
  await fence.confirm(signal);
  expect(reads).toBe(0);
  now = later;
  await fence.confirm(signal);
  expect(reads).toBe(1);
  await memory.put('manifest.json', new TextEncoder().encode(JSON.stringify(manifest('B', 2))));
  await fence.confirm(signal);
  expect(reads).toBe(1);
  now = { monotonicMs: later.monotonicMs + 15_000, utcMs: later.utcMs };
  await expect(fence.confirm(signal)).rejects.toMatchObject({ code: 'Fenced' });
});
