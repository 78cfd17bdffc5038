import { seededRandom } from '@bucket-radio/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listen, playing } from '../../test/listening.ts';
import { VirtualClock } from '../../test/virtual-clock.ts';
import { MAX_BACKOFF_MS } from './core/backoff.ts';
import { watchForWake } from './environment.ts';

const SEEDS = [1, 2, 3];

describe('a listener whom nothing answers', () => {
  it.each(SEEDS)('tries for ever, at most 15 s apart, and at once when woken (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const l = listen({ segmentSeconds: 2, windowSegments: 15, head: 40 }, { random });
    await playing(l);
    l.station.fault = () => 'drop';
    await l.clock.advance(60_000);
    const gaps: number[] = [];
    let last = l.clock.now();
    let seen = l.station.requests.length;
    const until = l.clock.now() + 300_000;
    while (l.clock.now() < until) {
      await l.clock.advance(100);
      if (l.station.requests.length === seen) continue;
      gaps.push(l.clock.now() - last);
      last = l.clock.now();
      seen = l.station.requests.length;
    }
    expect(gaps.length).toBeGreaterThan(300_000 / MAX_BACKOFF_MS);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(MAX_BACKOFF_MS + 200);
    // Half of the cap fixed, as in "equal jitter", would leave none of the short ones.
    expect(Math.min(...gaps)).toBeLessThan(MAX_BACKOFF_MS / 2);
    l.station.fault = () => undefined;
    l.engine.wake();
    const before = l.station.requests.length;
    await l.clock.advance(1000);
    expect(l.station.requests.length).toBeGreaterThan(before);
    await l.clock.until(() => l.engine.state === 'playing', 5000);
  });
});

describe('a listener behind live whom nothing answers', () => {
  it('says that the station cannot be reached, and keeps saying so, though segments fail too', async () => {
    const l = listen({ segmentSeconds: 2, windowSegments: 15, head: 40 }, { random: seededRandom(4) });
    await playing(l);
    l.engine.seek(20);
    l.station.fault = () => 503;
    await l.clock.until(() => l.engine.error?.code === 'ManifestUnreachable', 60_000);
    const said: unknown[] = [];
    l.engine.on('error', ({ code }) => said.push(code));
    await l.clock.advance(120_000);
    expect(new Set(said)).toEqual(new Set(['ManifestUnreachable']));
    l.station.fault = () => undefined;
    await l.clock.until(() => l.engine.state === 'playing', 60_000);
    expect(l.engine.error).toBeUndefined();
  });
});

describe('what wakes a player', () => {
  afterEach(() => vi.unstubAllGlobals());

  function watch() {
    const page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    const window = new EventTarget();
    vi.stubGlobal('document', page);
    vi.stubGlobal('addEventListener', window.addEventListener.bind(window));
    const clock = new VirtualClock();
    const ended = new AbortController();
    const wake = vi.fn();
    return { page, window, clock, ended, wake };
  }

  it('the network, a page that comes back, and one that is looked at again', () => {
    const { page, window, clock, ended, wake } = watch();
    watchForWake(clock, wake, ended.signal);
    window.dispatchEvent(new Event('online'));
    expect(wake).toHaveBeenCalledTimes(1);
    window.dispatchEvent(new Event('pageshow'));
    expect(wake).toHaveBeenCalledTimes(2);
    page.visibilityState = 'hidden';
    page.dispatchEvent(new Event('visibilitychange'));
    expect(wake).toHaveBeenCalledTimes(2);
    page.visibilityState = 'visible';
    page.dispatchEvent(new Event('visibilitychange'));
    expect(wake).toHaveBeenCalledTimes(3);
    ended.abort();
    window.dispatchEvent(new Event('online'));
    expect(wake).toHaveBeenCalledTimes(3);
  });

  it('a machine that was asleep: time that jumped', async () => {
    const { clock, ended, wake } = watch();
    let jumpedMs = 0;
    const sleeping = { now: () => clock.now() + jumpedMs, sleep: clock.sleep.bind(clock) };
    watchForWake(sleeping, wake, ended.signal);
    await clock.advance(60_000);
    expect(wake).not.toHaveBeenCalled();
    jumpedMs = 3_600_000;
    await clock.advance(2000);
    expect(wake).toHaveBeenCalledTimes(1);
    await clock.advance(60_000);
    expect(wake).toHaveBeenCalledTimes(1);
    ended.abort();
  });
});
