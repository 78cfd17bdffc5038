import { type PcmChunk, packS24le } from '@bucket-radio/pcm';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import type { CaptureSource } from '../source.ts';
import { captureStats, NOTHING_CAPTURED } from '../stats.ts';
import { FAILOVER_DEFAULTS, SourceHealth } from './health.ts';
import { openFailover } from './source.ts';

const MS = 48;

/** A clock that moves when everybody sleeps. */
function createFakeClock(): Clock & { advance(ms: number): Promise<void> } {
  let now = 1_000;
  let sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  return {
    monotonicMs: () => now,
    utcMs: () => 1_800_000_000_000 + now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        sleepers.push({ at: now + ms, wake: resolve });
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
    advance: async (ms) => {
      const end = now + ms;
      while (now < end) {
        now += 10;
        const due = sleepers.filter(({ at }) => at <= now);
        sleepers = sleepers.filter(({ at }) => at > now);
        for (const { wake } of due) wake();
        for (let i = 0; i < 20; i++) await Promise.resolve();
      }
    },
  };
}

type FakeClock = ReturnType<typeof createFakeClock>;

/** A source that delivers 40 ms of a constant value, as long as `state.value` is not undefined. */
function fakeSource(name: string, clock: FakeClock, state: { value: number | undefined }): CaptureSource {
  return {
    info: { kind: 'tone', name, fidelity: 'bit-perfect', bitDepth: 24, live: true, detail: name },
    stats: () => captureStats(NOTHING_CAPTURED, null, { synchronized: null, source: null }),
    async *chunks({ signal }) {
      let position = 0;
      const startMs = clock.monotonicMs();
      for (;;) {
        await clock.sleep(40, signal);
        if (signal.aborted) return;
        const capturedMonotonicMs = startMs + position / MS;
        if (state.value !== undefined) {
          const data = packS24le(new Int32Array(1920 * 2).fill(state.value));
          yield { position, frames: 1920, data, utcMs: 1_800_000_000_000 + capturedMonotonicMs, capturedMonotonicMs };
        }
        position += 1920;
      }
    },
  };
}

async function start(first: { value: number | undefined }, second: { value: number | undefined }) {
  const clock = createFakeClock();
  const messages: string[] = [];
  const sources = new Map([
    ['a', fakeSource('a', clock, first)],
    ['b', fakeSource('b', clock, second)],
  ]);
  const source = await openFailover(['a', 'b'], {
    clock,
    onMessage: (line) => messages.push(line),
    options: {},
    open: async (spec) => sources.get(spec) as CaptureSource,
  });
  const abort = new AbortController();
  const chunks: PcmChunk[] = [];
  const done = (async () => {
    for await (const chunk of source.chunks({ startFrame: 480_000, signal: abort.signal })) chunks.push(chunk);
  })();
  const stop = async (): Promise<void> => {
    abort.abort();
    await done;
  };
  return { clock, messages, chunks, source, stop };
}

const sampleOf = (chunk: PcmChunk | undefined): number =>
  chunk === undefined ? Number.NaN : (chunk.data[0] ?? 0) | ((chunk.data[1] ?? 0) << 8) | ((chunk.data[2] ?? 0) << 16);

describe('a failover', () => {
  test('a silent source is left and taken back when it has been well for a while, on one timeline', async () => {
    const first: { value: number | undefined } = { value: 100_000 };
    const { clock, messages, chunks, source, stop } = await start(first, { value: 200_000 });
    expect(source.info).toMatchObject({ kind: 'failover', fidelity: 'bit-perfect', name: 'a, else b' });
    await clock.advance(5_000);
    expect(sampleOf(chunks.at(-1))).toBe(100_000);
    first.value = 0;
    await clock.advance(14_000);
    expect(messages).toEqual([]);
    await clock.advance(2_000);
    expect(sampleOf(chunks.at(-1))).toBe(200_000);
    first.value = 100_000;
    await clock.advance(9_000);
    expect(sampleOf(chunks.at(-1))).toBe(200_000);
    await clock.advance(2_000);
    expect(sampleOf(chunks.at(-1))).toBe(100_000);
    await stop();
    expect(messages).toEqual([
      expect.stringMatching(/^failover: b from frame \d+ on: a: silence below -60 dBFS for 15 s$/),
      expect.stringMatching(/^failover: a from frame \d+ on: it is well again$/),
    ]);
    let position = 480_000;
    for (const chunk of chunks) {
      expect(chunk.position).toBe(position);
      expect(chunk.utcMs).toBeCloseTo(1_800_000_001_000 + (position - 480_000) / MS, 3);
      position += chunk.frames;
    }
    expect(chunks.flatMap(({ gaps }) => gaps ?? [])).toEqual([]);
    expect(source.stats()).toMatchObject({ state: 'ended', frames: position - 480_000, gaps: 0 });
  });

  test('when a source is lost the next goes on where it was last heard: nothing is missing', async () => {
    const first: { value: number | undefined } = { value: 100_000 };
    const { clock, messages, chunks, stop } = await start(first, { value: 200_000 });
    await clock.advance(4_000);
    first.value = undefined;
    await clock.advance(3_000);
    await stop();
    expect(messages).toEqual([expect.stringMatching(/^failover: b from frame \d+ on: a: it delivers nothing$/)]);
    const values = chunks.map(sampleOf);
    expect(values.lastIndexOf(100_000) + 1).toBe(values.indexOf(200_000));
    const end = (chunks.at(-1)?.position ?? 0) + (chunks.at(-1)?.frames ?? 0);
    expect(end - 480_000).toBeGreaterThan(6_900 * MS);
    expect(chunks.flatMap(({ gaps }) => gaps ?? [])).toEqual([]);
  });

  test('while no other source sounds, the one on air stays', async () => {
    const first: { value: number | undefined } = { value: 0 };
    const { clock, messages, stop } = await start(first, { value: 0 });
    await clock.advance(40_000);
    await stop();
    expect(messages).toEqual([]);
  });
});

test('short pauses do not keep a source from being trusted; long ones do', () => {
  const health = new SourceHealth(FAILOVER_DEFAULTS, 0);
  const chunk = (value: number): PcmChunk => ({
    position: 0,
    frames: 24_000,
    data: packS24le(new Int32Array(48_000).fill(value)),
    utcMs: 0,
  });
  let nowMs = 0;
  const hear = (value: number, times: number): void => {
    for (let i = 0; i < times; i++) {
      nowMs += 500;
      health.heard(chunk(value), nowMs, false);
    }
  };
  hear(1e6, 10);
  hear(0, 2);
  hear(1e6, 10);
  expect(health.isTrusted(nowMs)).toBe(true);
  hear(0, 3);
  hear(1e6, 10);
  expect(health.isTrusted(nowMs)).toBe(false);
  expect(health.isSounding(nowMs)).toBe(true);
});
