import { describe, expect, it } from 'vitest';
import type { NowPlayingHeard } from '../../test/listening.ts';
import { listen, playing } from '../../test/listening.ts';
import { VirtualSink } from '../../test/virtual-audio.ts';
import { createRadioEngine } from './engine.ts';

const minute = { segmentSeconds: 2, windowSegments: 30, head: 40, light: true } as const;

describe('time-shift', () => {
  it('a pause shorter than the window goes on at the frame where it began', async () => {
    const l = listen(minute);
    await playing(l);
    await l.clock.advance(5000);
    const before = l.engine.stats.frame ?? 0;
    l.engine.pause();
    expect(l.engine.state).toBe('paused');
    const { length } = l.station.requests;
    await l.clock.advance(20_000);
    expect(l.station.requests.length).toBe(length);
    await playing(l);
    const after = l.engine.stats.frame ?? 0;
    expect(after - before).toBeGreaterThanOrEqual(0);
    expect(after - before).toBeLessThan(48_000 / 5);
    await l.clock.advance(30_000);
    expect(l.engine.stats).toMatchObject({ shifted: true, underruns: 0, state: 'playing' });
    expect(l.engine.stats.latencySeconds).toBeGreaterThan(22);
  });

  it('a pause longer than the window goes on at the live edge', async () => {
    const l = listen(minute);
    await playing(l);
    l.engine.pause();
    await l.clock.advance(120_000);
    await playing(l);
    await l.clock.advance(1000);
    expect(l.engine.stats.latencySeconds).toBeLessThan(5);
    expect(l.engine.stats.shifted).toBe(false);
  });

  it('goes back and forth within the window, and live again', async () => {
    const l = listen(minute);
    await playing(l);
    expect(l.engine.stats.windowSeconds).toBe(60);
    for (const seconds of [30, 50, 12.5]) {
      l.engine.seek(seconds);
      await playing(l);
      const behind = l.engine.stats.behindSeconds ?? 0;
      expect(Math.abs(behind - seconds)).toBeLessThan(1);
      expect(l.engine.stats.shifted).toBe(true);
    }
    await l.clock.advance(20_000);
    expect(l.engine.stats.underruns).toBe(0);
    l.engine.goLive();
    await playing(l);
    expect(l.engine.stats.latencySeconds).toBeLessThan(5);
    expect(l.engine.stats.shifted).toBe(false);
  });

  it('never goes back further than the window, nor does it take nonsense', async () => {
    const l = listen(minute);
    await playing(l);
    l.engine.seek(1e6);
    await playing(l);
    expect(l.engine.stats.behindSeconds).toBeLessThanOrEqual(61);
    for (const seconds of [Number.NaN, -1]) l.engine.seek(seconds);
    expect(l.engine.state).toBe('playing');
  });

  it('stop forgets the place', async () => {
    const l = listen(minute);
    await playing(l);
    l.engine.pause();
    l.engine.stop();
    expect(l.engine.state).toBe('stopped');
    await l.clock.advance(10_000);
    await playing(l);
    expect(l.engine.stats.latencySeconds).toBeLessThan(5);
  });
});

describe('another engine', () => {
  it('goes on at the very frame where the first one halts, live as before', async () => {
    const first = listen(minute);
    await playing(first);
    await first.clock.advance(7000);
    const sink = new VirtualSink(first.clock, 40);
    const second = createRadioEngine({
      src: 'https://bucket.example/live/manifest.json',
      fetch: first.station.fetch,
      clock: first.clock,
      createSink: () => sink,
      createDecoder: () => Promise.resolve(first.decoder),
    });
    const frames: number[] = [];
    sink.on('position', ({ state, frame }) => state === 'playing' && frames.push(frame));
    const place = first.engine.halt();
    second.play(place);
    expect(first.engine.state).toBe('stopped');
    await first.clock.until(() => frames.length > 0);
    const { frame = 0 } = (await place) ?? {};
    expect(frame).toBe(first.sink.ring.frame);
    // The first report comes after the first 40 ms.
    expect(frames[0]).toBe(frame + 1920);
    expect(second.stats.shifted).toBe(false);
    await second.dispose();
  });

  it('starts at the live edge where nothing was playing', async () => {
    const l = listen(minute);
    expect(await l.engine.halt()).toBeUndefined();
    l.engine.play(Promise.resolve(undefined));
    await l.clock.until(() => l.engine.state === 'playing');
    expect(l.engine.stats.latencySeconds).toBeLessThan(5);
  });
});

describe('the title', () => {
  it.each([0, 250])(
    'changes within 50 ms of the moment when its first frame is heard, %i ms after the page',
    async (outputLatencyMs) => {
      for (const segmentSeconds of [1, 10]) {
        const options = { segmentSeconds, windowSegments: Math.max(3, 30 / segmentSeconds), head: 40, light: true };
        const l = listen(options, {}, 10);
        l.sink.outputLatencyMs = outputLatencyMs;
        const heard: NowPlayingHeard[] = [];
        l.engine.on('nowplaying', (title) => heard.push({ title: title?.title, at: l.clock.now() }));
        l.station.nowPlaying = { frame: 0, title: 'First' };
        await playing(l);
        await l.clock.advance(30_000);
        const frame = Math.round((l.clock.now() - l.station.capturedAt(0)) * 48);
        l.station.nowPlaying = { frame, title: 'Second' };
        await l.clock.until(() => heard.length === 2);
        const position = l.engine.stats;
        const heardFrame = (position.frame ?? 0) + (l.clock.now() - (heard[1]?.at ?? 0)) * -48;
        expect(heard.map(({ title }) => title)).toEqual(['First', 'Second']);
        expect(Math.abs(heardFrame - outputLatencyMs * 48 - frame) / 48).toBeLessThanOrEqual(50);
      }
    },
  );
});

describe('an epoch', () => {
  it('that ends is played to its last segment, and the next one goes on without a gap', async () => {
    const l = listen({ segmentSeconds: 1, windowSegments: 10, head: 20, light: true });
    await playing(l);
    await l.clock.advance(4000);
    l.station.continueInEpoch('01KA0000000000000000000000');
    await l.clock.advance(8000);
    const indexes = l.heard.map((entry) => Number(entry.slice(3)));
    expect(indexes).toEqual(indexes.map((_, i) => (indexes[0] ?? 0) + i));
    expect(l.engine.stats).toMatchObject({ underruns: 0, state: 'playing' });
    expect(l.station.count(/01KA.*hq.*\d{8}/)).toBeGreaterThan(4);
    expect(l.sink.silentMs).toBe(0);
  });
});

describe('waking', () => {
  it('asks at once instead of sitting out its wait', async () => {
    const l = listen(minute);
    await playing(l);
    l.station.fault = () => 'drop';
    await l.clock.advance(120_000);
    l.station.fault = () => undefined;
    const { length } = l.station.requests;
    l.engine.wake();
    await l.clock.advance(1000);
    expect(l.station.requests.length).toBeGreaterThan(length);
    expect(l.engine.state).toBe('playing');
  });

  it('gives up a request that stands still in a tunnel', async () => {
    const l = listen(minute);
    await playing(l);
    l.station.fault = () => 'stall';
    await l.clock.advance(45_000);
    l.station.fault = () => undefined;
    l.engine.wake();
    await l.clock.advance(1000);
    expect(l.engine.state).toBe('playing');
  });
});

describe('a slow network', () => {
  it('lets sound start before a long segment has arrived', async () => {
    const l = listen({ segmentSeconds: 10, windowSegments: 3, head: 40 });
    // 1.4 Mbit/s of audio at 3 Mbit/s: a whole segment takes nearly 5 s.
    l.station.rate = (path) => (path.includes('/hq/') ? 375_000 : Number.POSITIVE_INFINITY);
    const from = l.clock.now();
    await playing(l);
    expect(l.clock.now() - from).toBeLessThan(5000);
    await l.clock.advance(60_000);
    expect(l.engine.stats.underruns).toBe(0);
    expect(l.heard.every((entry) => entry.startsWith('hq'))).toBe(true);
  });

  it('is noticed after a moment, not at the deadline: lq goes on at the very frame', async () => {
    const l = listen({ segmentSeconds: 10, windowSegments: 3, head: 40 });
    await playing(l);
    await l.clock.advance(20_000);
    l.station.rate = (path) => (path.includes('/hq/') ? 60_000 : Number.POSITIVE_INFINITY);
    await l.clock.advance(40_000);
    expect(l.heard.at(-1)).toMatch(/^lq/);
    expect(l.engine.stats.underruns).toBe(0);
    expect(l.sink.silentMs).toBe(0);
    expect(l.errors).toEqual([]);
  });
});
