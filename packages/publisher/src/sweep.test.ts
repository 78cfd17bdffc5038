import { indexKey, initKey, segmentKey } from '@bucket-radio/manifest';
import { createMemoryStore } from '@bucket-radio/object-store';
import { expect, it } from 'vitest';
import { sweepOrphans } from './sweep.ts';

const EPOCH = '01K9MMMMMMMMMMMMMMMMMMMMMM';
const PREVIOUS = '01K9HHHHHHHHHHHHHHHHHHHHHH';
const DEAD = '01K9AAAAAAAAAAAAAAAAAAAAAA';
const NEWER = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';

async function setUp(ageMs: number) {
  const clock = { nowMs: 1_000_000 };
  const store = createMemoryStore({ now: () => clock.nowMs });
  const put = async (key: string): Promise<void> => {
    await store.put(key, Uint8Array.of(1));
  };
  for (const epoch of [EPOCH, PREVIOUS, DEAD, NEWER]) {
    await put(initKey(epoch, 'hq'));
    for (const index of [1, 34, 35, 40, 99]) await put(segmentKey(epoch, 'hq', index));
  }
  for (const hour of ['2026112018', '2026112020']) await put(indexKey(EPOCH, hour));
  await put(indexKey(DEAD, '2026112020'));
  for (const key of ['notes.txt', `${DEAD}/hq/cover.jpg`, `backup/${segmentKey(DEAD, 'hq', 1)}`]) await put(key);
  clock.nowMs += ageMs;
  await put('manifest.json');
  const sweep = async (verifyFence: () => Promise<boolean>): Promise<number> =>
    await sweepOrphans({
      store,
      epoch: EPOCH,
      segmentSeconds: 10,
      keepFrom: () => 41,
      keepsHour: (_epoch, hour) => hour === '2026112020',
      previousEpoch: PREVIOUS,
      verifyFence,
      signal: new AbortController().signal,
    });
  const left = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of store.list()) keys.push(key);
    return keys;
  };
  return { sweep, left };
}

it('deletes only what is ours, 60 s old and 60 s outside the window', async () => {
  const { sweep, left } = await setUp(60_000);
  expect(await sweep(async () => true)).toBe(6 + 2 + 2 + 2);
  const segments = [35, 40, 99];
  const newer = [1, 34, 35, 40, 99];
  const expected = [
    ...[EPOCH, PREVIOUS].flatMap((epoch) => segments.map((index) => segmentKey(epoch, 'hq', index))),
    ...newer.map((index) => segmentKey(NEWER, 'hq', index)),
    ...[EPOCH, PREVIOUS, NEWER].map((epoch) => initKey(epoch, 'hq')),
    indexKey(EPOCH, '2026112020'),
    ...['notes.txt', `${DEAD}/hq/cover.jpg`, `backup/${segmentKey(DEAD, 'hq', 1)}`, 'manifest.json'],
  ];
  expect((await left()).sort()).toEqual(expected.sort());
});

it('deletes nothing that is younger than 60 s', async () => {
  const { sweep } = await setUp(59_999);
  expect(await sweep(async () => true)).toBe(0);
});

it('deletes nothing without the fence', async () => {
  const { sweep } = await setUp(3_600_000);
  expect(await sweep(async () => false)).toBe(0);
});
