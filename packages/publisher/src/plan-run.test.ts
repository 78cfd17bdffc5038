import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type ObjectStore, ObjectStoreError } from '@bucket-radio/object-store';
import { AcceleratedClock } from '@bucket-radio/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type PlanRunOptions, planRun, type RunPlan } from './plan-run.ts';
import { createPublisher } from './publisher.ts';
import type { Publisher } from './types.ts';

const T0 = Date.UTC(2026, 10, 20, 20, 0, 0);
let directory = '';
let stateFile = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plan-'));
  stateFile = join(directory, 'state.json');
});
const running: Publisher[] = [];
afterEach(async () => {
  for (const publisher of running.splice(0)) await publisher.stop(60_000);
  await rm(directory, { recursive: true, force: true });
});

const clock = new AcceleratedClock(2000, T0);

function plan(store: ObjectStore, options: Partial<PlanRunOptions> = {}): Promise<RunPlan> {
  return planRun({ store, stateFile, segmentSeconds: 1, codecs: 'a', clock, ...options });
}

/** A run that publishes `count` segments and is then never heard of again. */
async function run(store: ObjectStore, planned: RunPlan, count: number, stop = false): Promise<void> {
  const publisher = createPublisher({
    ...planned,
    store,
    station: 'T',
    segmentSeconds: 1,
    codecs: 'a',
    fidelity: 'converted',
    stateFile,
    clock,
    minManifestIntervalMs: 0,
  });
  await publisher.start();
  for (let index = planned.firstIndex; index < planned.firstIndex + count; index++) {
    for (const rendition of ['hq', 'lq'] as const) {
      const bytes = Uint8Array.of(index);
      publisher.enqueue({
        rendition,
        index,
        position: index * 48_000,
        frames: 48_000,
        utcMs: clock.utcMs(),
        data: bytes,
        init: bytes,
      });
    }
    await publisher.whenIdle();
  }
  if (stop) await publisher.stop(60_000);
  running.push(publisher);
}

it('begins at 0, and continues after a clean stop and after a kill', async () => {
  const store = createMemoryStore();
  const first = await plan(store);
  expect(first).toMatchObject({ reason: 'first start', firstIndex: 0, epochFirstIndex: 0, starts: [0] });
  await run(store, first, 3, true);
  const second = await plan(store);
  expect(second).toMatchObject({ reason: 'continued', epoch: first.epoch, firstIndex: 3, starts: [0, 3] });
  expect(second.writer).not.toBe(first.writer);
  await run(store, second, 2);
  expect(await plan(store)).toMatchObject({
    reason: 'continued',
    epoch: first.epoch,
    firstIndex: 5,
    epochFirstIndex: 0,
  });
});

it('begins a new epoch, numbered on, when parameters change', async () => {
  const store = createMemoryStore();
  const first = await plan(store);
  await run(store, first, 3);
  const next = await plan(store, { segmentSeconds: 2 });
  expect(next).toMatchObject({ reason: 'parameters changed', firstIndex: 3, epochFirstIndex: 3 });
  expect(next.epoch).not.toBe(first.epoch);
});

it.each([
  ['lost', async () => await rm(stateFile)],
  ['corrupt', async () => await writeFile(stateFile, '{"version":1,')],
])('begins a new epoch when the state is %s, once nobody writes any more', async (_, damage) => {
  const store = createMemoryStore();
  const first = await plan(store);
  await run(store, first, 3);
  await damage();
  const messages: string[] = [];
  const next = await plan(store, { onMessage: (line) => messages.push(line) });
  expect(next).toMatchObject({ reason: 'state lost', firstIndex: 3, lastWriters: [first.writer] });
  expect(messages.join()).toContain('watching it');
});

it('finds its place by listing when state and manifest are both lost', async () => {
  const store = createMemoryStore();
  await run(store, await plan(store), 3);
  await rm(stateFile);
  await store.put('manifest.json', new TextEncoder().encode('{"version":'));
  expect(await plan(store)).toMatchObject({ reason: 'state lost', firstIndex: 3 });
});

it('refuses to start beside an encoder that is on air', async () => {
  const store = createMemoryStore();
  const theirs = await plan(store);
  await run(store, theirs, 2);
  await rm(stateFile);
  const watching = plan(store, { clock: onAir(store, theirs) });
  await expect(watching).rejects.toMatchObject({ code: 'OtherWriter' });
});

/** A clock in whose every sleep the other encoder writes a manifest. */
function onAir(store: ObjectStore, { writer }: RunPlan) {
  let writes = 0;
  return {
    utcMs: () => clock.utcMs(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: async () => {
      const manifest = JSON.parse(await (await store.get('manifest.json')).text()) as Record<string, unknown>;
      writes += 1;
      const next = { ...manifest, writer, updatedAt: T0 + writes };
      if (writes < 4) await store.put('manifest.json', new TextEncoder().encode(JSON.stringify(next)));
    },
  };
}

it('stands by until the encoder on air falls silent, and takes its place under a new epoch', async () => {
  const store = createMemoryStore();
  const theirs = await plan(store);
  await run(store, theirs, 2);
  const mine = await plan(store, {
    stateFile: join(directory, 'other.json'),
    standby: true,
    clock: quickClock(onAir(store, theirs)),
  });
  expect(mine).toMatchObject({ reason: 'takeover', firstIndex: 2, lastWriters: [theirs.writer] });
  expect(mine.epoch).not.toBe(theirs.epoch);
});

function quickClock(inner: ReturnType<typeof onAir>) {
  return {
    ...inner,
    sleep: async (ms: number, signal: AbortSignal) => {
      await inner.sleep();
      await clock.sleep(ms, signal);
    },
  };
}

it('continues from its state when the bucket does not answer, and starts nothing without one', async () => {
  const store = createMemoryStore();
  const first = await plan(store);
  await run(store, first, 3);
  const down: ObjectStore = {
    ...store,
    get: async () => await Promise.reject(new ObjectStoreError('Unavailable', 'connection refused')),
  };
  expect(await plan(down)).toMatchObject({ reason: 'continued', epoch: first.epoch, firstIndex: 3 });
  await rm(stateFile);
  await expect(plan(down)).rejects.toThrow('connection refused');
});

it('knows which index may be in the bucket before it is put there', async () => {
  const memory = createMemoryStore();
  const reserved: number[] = [];
  const store: ObjectStore = {
    ...memory,
    put: async (key, body, options) => {
      if (key.endsWith('00000001.mp4')) {
        reserved.push((JSON.parse(await readFile(stateFile, 'utf8')) as { lastIndex: number }).lastIndex);
      }
      return await memory.put(key, body, options);
    },
  };
  await run(store, await plan(store), 2);
  expect(reserved.length).toBeGreaterThan(1);
  expect(new Set(reserved)).toEqual(new Set([1]));
});
