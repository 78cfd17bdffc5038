import { createMemoryStore, type ObjectStore } from '@bucket-radio/object-store';
import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';
import { seededRandom, VirtualClock } from '@bucket-radio/testing';
import { madeSegment, T0 } from '@bucket-radio/testing/made-segment';
import { expect, it } from 'vitest';
import { createPublisher } from './publisher.ts';

const EPOCH = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';
const SECONDS = 300;

const segment = (rendition: RenditionName, index: number, seconds: number): EncodedSegment =>
  madeSegment(rendition, index, { seconds, bytes: 100 });

/** A store on a line of varying delay that notes when the puts of each key arrived. */
function strictStore(
  clock: VirtualClock,
  random: () => number,
): { store: ObjectStore; arrivals: Map<string, number[]> } {
  const memory = createMemoryStore();
  const arrivals = new Map<string, number[]>();
  const delayed = async <T>(act: () => Promise<T>): Promise<T> => {
    const result = await clock.hold(act);
    // Most answers are quick, some are slow.
    await clock.sleep(random() < 0.1 ? random() * 900 : random() * 60);
    return result;
  };
  const store: ObjectStore = {
    ...memory,
    put: async (key, body, options) => {
      arrivals.set(key, [...(arrivals.get(key) ?? []), clock.monotonicMs()]);
      return await delayed(async () => await memory.put(key, body, options));
    },
    head: async (key, options) => await delayed(async () => await memory.head(key, options)),
    delete: async (key, options) => await delayed(async () => await memory.delete(key, options)),
  };
  return { store, arrivals };
}

it.each([1, 2, 4, 10])(
  'begins no two writes of a key within a second, at %i s per segment, with titles and late segments between',
  async (segmentSeconds) => {
    const clock = new VirtualClock(T0);
    const random = seededRandom(segmentSeconds);
    const { store, arrivals } = strictStore(clock, random);
    let published = 0;
    const publisher = createPublisher({
      store,
      station: 'Rate',
      epoch: EPOCH,
      segmentSeconds,
      fidelity: 'bit-perfect',
      clock,
      onEvent: ({ type }) => {
        if (type === 'published') published += 1;
      },
    });
    const count = SECONDS / segmentSeconds;
    await clock.run(publisher.start());
    const play = async (): Promise<void> => {
      for (let index = 0; index < count; index++) {
        const endMs = (index + 1) * segmentSeconds * 1000;
        const titleMs = endMs - random() * 1000 - clock.monotonicMs();
        if (titleMs > 0) await clock.sleep(titleMs);
        if (random() < 0.5) publisher.setNowPlaying({ frame: index * segmentSeconds * 48_000, title: `${index}` });
        await clock.sleep(Math.max(0, endMs - clock.monotonicMs()));
        publisher.enqueue(segment('lq', index, segmentSeconds));
        if (random() < 0.2) await clock.sleep(random() * 500);
        publisher.enqueue(segment('hq', index, segmentSeconds));
      }
    };
    await clock.run(play());
    await clock.run(publisher.stop(60_000));
    expect(published).toBe(count);
    for (const [key, times] of arrivals) {
      const apart = times.slice(1).map((time, n) => time - (times[n] ?? 0));
      expect(Math.min(1000, ...apart), key).toBe(1000);
      if (key === 'manifest.json') expect(times.length).toBeGreaterThan(count * 0.8);
    }
  },
  240_000,
);

it('is soon in step again after a write that took long, with a segment every second', async () => {
  const clock = new VirtualClock(T0);
  const memory = createMemoryStore();
  let slow = false;
  const store: ObjectStore = {
    ...memory,
    put: async (key, body, options) => {
      const result = await clock.hold(async () => await memory.put(key, body, options));
      await clock.sleep(slow && key === 'manifest.json' ? 700 : 40);
      return result;
    },
    head: async (key, options) => await clock.hold(async () => await memory.head(key, options)),
  };
  const lagsMs: number[] = [];
  const publisher = createPublisher({
    store,
    station: 'Rate',
    epoch: EPOCH,
    segmentSeconds: 1,
    fidelity: 'bit-perfect',
    clock,
    onEvent: (event) => {
      if (event.type === 'published') lagsMs.push(clock.monotonicMs() - (event.segment.index + 1) * 1000);
    },
  });
  await publisher.start();
  const play = async (): Promise<void> => {
    for (let index = 0; index < 40; index++) {
      await clock.sleep((index + 1) * 1000 - clock.monotonicMs());
      slow = index === 10;
      for (const rendition of ['lq', 'hq'] as const) publisher.enqueue(segment(rendition, index, 1));
    }
  };
  await clock.run(play());
  await clock.run(publisher.stop(60_000));
  expect(Math.max(...lagsMs.slice(2, 10))).toBeLessThan(200);
  expect(Math.max(...lagsMs.slice(10, 20))).toBeGreaterThan(700);
  expect(Math.max(...lagsMs.slice(20))).toBeLessThan(200);
}, 240_000);
