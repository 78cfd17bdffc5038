import { createMemoryStore, type ObjectStore } from '@bucket-radio/object-store';
import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';
import { VirtualClock } from '@bucket-radio/testing';
import { madeSegment, T0 } from '@bucket-radio/testing/made-segment';
import { expect, it } from 'vitest';
import { createPublisher } from './publisher.ts';

const SECONDS = 10;
const BYTES = { hq: 200_000, lq: 16_000 } as const satisfies Record<RenditionName, number>;

const segment = (rendition: RenditionName, index: number): EncodedSegment =>
  madeSegment(rendition, index, { seconds: SECONDS, bytes: BYTES[rendition] });

/** What one connection sends before another has its turn: connections share a line. */
const PACKET_BYTES = 4000;

/** A line that carries one packet after the other, of whoever wants to send. */
class Line {
  bytesPerMs: number;
  /** Nothing comes through until then. */
  stalledUntilMs = 0;
  readonly store: ObjectStore;
  readonly #clock: VirtualClock;
  #free: Promise<void> = Promise.resolve();

  constructor(clock: VirtualClock, bytesPerMs: number) {
    const memory = createMemoryStore();
    this.bytesPerMs = bytesPerMs;
    this.#clock = clock;
    this.store = {
      ...memory,
      put: async (key, body, options) => {
        for (let sent = 0; sent < body.length; sent += PACKET_BYTES)
          await this.#send(Math.min(PACKET_BYTES, body.length - sent), options?.signal);
        return await clock.hold(async () => await memory.put(key, body, options));
      },
    };
  }

  async #send(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const before = this.#free;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#free = promise;
    try {
      await before;
      const stalledMs = Math.max(0, this.stalledUntilMs - this.#clock.monotonicMs());
      await this.#clock.sleep(stalledMs + bytes / this.bytesPerMs, signal);
    } finally {
      resolve();
    }
  }
}

interface Show {
  readonly line: Line;
  readonly play: (from: number, to: number, each?: (index: number) => void) => Promise<void>;
  /** Seconds from the end of a segment to its manifest, by index. */
  readonly lagSeconds: Map<number, number>;
  readonly gapsIn: (playlist: string) => Promise<number[]>;
  readonly finish: () => Promise<void>;
}

async function createShow(hqSeconds: number): Promise<Show> {
  const clock = new VirtualClock(T0);
  const line = new Line(clock, BYTES.hq / (hqSeconds * 1000));
  const lagSeconds = new Map<number, number>();
  const publisher = createPublisher({
    store: line.store,
    station: 'Uplink',
    epoch: '01K9ZZZZZZZZZZZZZZZZZZZZZZ',
    segmentSeconds: SECONDS,
    windowSegments: 60,
    fidelity: 'bit-perfect',
    clock,
    onEvent: (event) => {
      if (event.type !== 'published') return;
      const { index } = event.segment;
      lagSeconds.set(index, clock.monotonicMs() / 1000 - (index + 1) * SECONDS);
    },
  });
  await clock.run(publisher.start());
  const play = async (from: number, to: number, each?: (index: number) => void): Promise<void> => {
    const all = async (): Promise<void> => {
      for (let index = from; index <= to; index++) {
        await clock.sleep(Math.max(0, (index + 1) * SECONDS * 1000 - clock.monotonicMs()));
        each?.(index);
        for (const rendition of ['lq', 'hq'] as const) publisher.enqueue(segment(rendition, index));
      }
    };
    await clock.run(all());
  };
  const gapsIn = async (playlist: string): Promise<number[]> => {
    const text = await (await line.store.get(playlist)).text();
    return [...text.matchAll(/#EXT-X-GAP\n#EXTINF.*\n.*(\d{8})\.mp4/g)].map(([, index]) => Number(index));
  };
  const finish = async (): Promise<void> => await clock.run(publisher.whenIdle());
  return { line, play, lagSeconds, gapsIn, finish };
}

it('lets hq follow once when a line that is wide enough was slow once, and no more', async () => {
  const { line, play, gapsIn, finish } = await createShow(5);
  const normal = line.bytesPerMs;
  await play(0, 30, (index) => {
    line.bytesPerMs = index === 5 ? normal / 2 : normal;
  });
  await finish();
  expect(await gapsIn('lq.m3u8')).toEqual([]);
  // The one after it had to wait for the line.
  expect(await gapsIn('hq.m3u8')).toEqual([5, 6]);
});

it('keeps lq on time on a line that is too thin for hq, whatever else waits', async () => {
  const { line, play, lagSeconds, gapsIn, finish } = await createShow(14);
  await play(0, 40, (index) => {
    // Nothing comes through for a minute: then lq is backfilled too, and its being quick says nothing of hq.
    if (index === 10) line.stalledUntilMs = (index + 7) * SECONDS * 1000;
  });
  const late = [...lagSeconds].filter(([index]) => index > 20).map(([, lag]) => lag);
  expect(late.length).toBeGreaterThanOrEqual(19);
  expect(Math.max(...late)).toBeLessThan(SECONDS / 2);
  expect(await gapsIn('lq.m3u8')).not.toContain(40);
  expect((await gapsIn('hq.m3u8')).length).toBeGreaterThan(20);
  await finish();
});
