import { describe, expect, test } from 'vitest';
import type { Clock } from './clock.ts';
import { inBlocks, pacedChunks, unpacedChunks } from './timeline.ts';

/** A clock on which sleeping is free, and which wakes `earlyMs` too soon. */
function fakeClock(earlyMs = 0) {
  const clock = {
    now: 5_000,
    utc: 1_800_000_000_000,
    monotonicMs: () => clock.now,
    utcMs: () => clock.utc + clock.now,
    sleep: async (ms: number) => {
      clock.now += Math.max(ms - earlyMs, Math.min(ms, 0.1));
    },
  };
  return clock satisfies Clock;
}

async function* blocks(count: number, frames = 1920): AsyncIterable<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(frames * 6);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const options = (startFrame = 0) => ({ startFrame, signal: new AbortController().signal });

describe('pacing', () => {
  test('a chunk is released when its last frame is due, without drift', async () => {
    const clock = fakeClock(0.7);
    const lateness: number[] = [];
    for await (const chunk of pacedChunks(blocks(5000), clock, options(480))) {
      lateness.push(clock.now - 5_000 - (chunk.position - 480 + chunk.frames) / 48);
    }
    expect(lateness).toHaveLength(5000);
    expect(Math.min(...lateness)).toBeGreaterThan(-0.001);
    expect(Math.max(...lateness)).toBeLessThan(0.2);
  });

  test('after a stall every late chunk comes at once, none is lost, and the old schedule holds', async () => {
    const clock = fakeClock();
    const released: number[] = [];
    const positions: number[] = [];
    for await (const chunk of pacedChunks(blocks(400), clock, options())) {
      released.push(clock.now - 5_000);
      positions.push(chunk.position);
      if (positions.length === 100) clock.now += 6_000;
    }
    expect(positions).toEqual(Array.from({ length: 400 }, (_, i) => i * 1920));
    expect(new Set(released.slice(100, 250))).toEqual(new Set([10_000]));
    expect(released.at(-1)).toBeCloseTo(16_000, 6);
  });

  test('labels come from one anchor: a step of the wall clock does not bend them', async () => {
    const clock = fakeClock();
    const labels: number[] = [];
    for await (const chunk of pacedChunks(blocks(10), clock, options(1000))) {
      labels.push(chunk.utcMs - 1_800_000_005_000);
      clock.utc += 3_600_000;
    }
    expect(labels).toEqual([0, 40, 80, 120, 160, 200, 240, 280, 320, 360]);
  });

  test('an abort during a wait ends the iteration', async () => {
    const abort = new AbortController();
    const clock = { ...fakeClock(), sleep: async () => abort.abort() };
    expect(await collect(pacedChunks(blocks(10), clock, { startFrame: 0, signal: abort.signal }))).toEqual([]);
  });

  test('without pacing nothing waits and an endless source can still be aborted by a timer', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 1);
    const chunks = unpacedChunks(blocks(Number.POSITIVE_INFINITY), fakeClock(), {
      startFrame: 0,
      signal: abort.signal,
    });
    expect((await collect(chunks)).length).toBeGreaterThan(0);
  });
});

describe('cutting bytes into blocks', () => {
  async function* pieces(lengths: number[]): AsyncIterable<Uint8Array> {
    let value = 0;
    for (const length of lengths) yield Uint8Array.from({ length }, () => value++);
  }

  test('any piece sizes give whole blocks with the same bytes; the last block is shorter', async () => {
    const out = await collect(inBlocks(pieces([1, 5, 0, 30, 2, 10, 14]), 6, 4));
    expect(out.map((block) => block.length)).toEqual([24, 24, 12]);
    expect([...Buffer.concat(out)]).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });

  test('a block that lies inside one piece is a view of it, and keeps its bytes', async () => {
    const piece = Uint8Array.from({ length: 100 }, (_, i) => i);
    const out = await collect(inBlocks([piece] as unknown as AsyncIterable<Uint8Array>, 6, 4));
    expect(out.map((block) => block.buffer === piece.buffer)).toEqual([true, true, true, true]);
    expect([...Buffer.concat(out)]).toEqual([...piece.subarray(0, 96)]);
  });

  test('an incomplete last frame is dropped', async () => {
    const out = await collect(inBlocks(pieces([23]), 6, 2));
    expect(out.map((block) => block.length)).toEqual([12, 6]);
  });
});
