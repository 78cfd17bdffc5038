import type { Manifest } from '@bucket-radio/manifest';
import { seededRandom } from '@bucket-radio/testing';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../test/virtual-clock.ts';
import { VirtualStation } from '../../../test/virtual-station.ts';
import { backoffMs, MAX_BACKOFF_MS, MIN_BACKOFF_MS } from './backoff.ts';
import { bandMs, holdMs, isOnAir, joinFrame, safetyMs, untilNextMs, utcOfFrame } from './live-edge.ts';
import { pollDelayMs } from './poll-schedule.ts';
import { QualityPolicy } from './quality.ts';
import { ServerClock } from './server-clock.ts';

function manifestOf(fields: Partial<Manifest> = {}): Manifest {
  return {
    ...new VirtualStation(new VirtualClock()).manifest(),
    first: 10,
    latest: 12,
    latestStart: 0,
    nextEta: 20_000,
    ...fields,
  };
}

describe('the wait between tries', () => {
  it('doubles up to the cap and never ends', () => {
    expect([1, 2, 3, 4].map((failures) => backoffMs(failures, () => 1))).toEqual([250, 500, 1000, 2000]);
    expect(backoffMs(10_000, () => 1)).toBe(MAX_BACKOFF_MS);
  });

  it('is spread over everything below the ceiling, but is never nothing', () => {
    expect(backoffMs(3, () => 0)).toBe(MIN_BACKOFF_MS);
    expect(backoffMs(3, () => 0.5)).toBe(500);
  });

  it.each([1, 2, 3])('brings back listeners who left together evenly over the whole cap (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const waits = Array.from({ length: 15_000 }, () => backoffMs(20, random));
    const perSecond = new Array<number>(15).fill(0);
    for (const wait of waits) perSecond[Math.floor(wait / 1000)]! += 1;
    expect(Math.min(...perSecond)).toBeGreaterThan(850);
    expect(Math.max(...perSecond)).toBeLessThan(1150);
  });
});

describe('the server clock', () => {
  const observe = (server: ServerClock, clock: VirtualClock, skewMs: number, age?: number) => {
    const date = new Date(clock.now() + skewMs - (age ?? 0) * 1000).toUTCString();
    const headers = new Headers({ date, ...(age === undefined ? {} : { age: String(age) }) });
    server.observe(headers, clock.now() - 20, clock.now() + 20);
  };

  it('narrows to a few milliseconds over polls at different moments of the second', async () => {
    const clock = new VirtualClock();
    const server = new ServerClock(clock);
    for (let i = 0; i < 60; i++) {
      observe(server, clock, 3_600_123);
      await clock.advance(1017);
    }
    expect(Math.abs(server.offsetMs - 3_600_123)).toBeLessThan(40);
    expect(server.now() - clock.now()).toBe(server.offsetMs);
  });

  it('trusts the local clock while the dates allow it', () => {
    const clock = new VirtualClock();
    const server = new ServerClock(clock);
    observe(server, clock, 30);
    expect([server.known, server.offsetMs]).toEqual([true, 0]);
  });

  it('adds the age of a cached answer', () => {
    const clock = new VirtualClock();
    const server = new ServerClock(clock);
    observe(server, clock, -5000, 30);
    expect(server.offsetMs).toBeLessThanOrEqual(-5000);
    expect(server.offsetMs).toBeGreaterThan(-7100);
  });

  it('starts over when the local clock was set', () => {
    const clock = new VirtualClock();
    const server = new ServerClock(clock);
    observe(server, clock, 0);
    observe(server, clock, 60_000);
    expect(Math.abs(server.offsetMs - 60_000)).toBeLessThan(1100);
  });

  it('takes the local clock as it is without dates', () => {
    const clock = new VirtualClock();
    const server = new ServerClock(clock);
    server.observe(new Headers({ date: 'yesterday' }), 0, 0);
    expect([server.known, server.now()]).toEqual([false, clock.now()]);
  });
});

describe('the start', () => {
  const edge = 13 * 480_000;

  it('lets a listener of short segments float less far from it', () => {
    expect([1, 2, 6, 10].map((seconds) => bandMs(seconds))).toEqual([1500, 2000, 4000, 4000]);
    expect([1, 10].map((seconds) => bandMs(seconds, 'stable'))).toEqual([3000, 8000]);
    expect([1, 10].map((seconds) => bandMs(seconds, 'low'))).toEqual([1000, 1000]);
  });

  it('lies so that the sound lasts until the next segment, with a margin', () => {
    expect(joinFrame(manifestOf(), 7000)).toBe(edge - 7 * 48_000 - safetyMs(10) * 48);
    expect(joinFrame(manifestOf(), 0)).toBe(edge - safetyMs(10) * 48);
  });

  it('is close to the edge when the next segment is late', () => {
    expect(joinFrame(manifestOf(), -4000)).toBe(edge - safetyMs(10) * 48);
  });

  it('allows a whole segment when the clocks make no sense together', () => {
    expect(untilNextMs(manifestOf(), 13_000)).toBe(7000);
    for (const now of [-3_600_000, 3_600_000]) expect(untilNextMs(manifestOf(), now)).toBeUndefined();
    expect(joinFrame(manifestOf(), undefined)).toBe(edge - (10_000 + safetyMs(10)) * 48);
  });

  it('never lies outside the window', () => {
    expect(joinFrame(manifestOf({ first: 12 }), 11_000)).toBe(12 * 480_000);
  });

  it('waits while there is too little in hand', () => {
    expect(holdMs(manifestOf(), joinFrame(manifestOf(), 7000), 7000)).toBe(0);
    expect(holdMs(manifestOf(), 12 * 480_000, 9900)).toBe(9900 + safetyMs(10) - 10_000);
    expect(holdMs(manifestOf(), 12 * 480_000, -2000)).toBe(0);
    expect(holdMs(manifestOf({ live: false }), edge - 1, 9000)).toBe(0);
  });
});

describe('the UTC label of a frame', () => {
  it('counts from latest', () => {
    expect(utcOfFrame(manifestOf({ latestStart: 1000 }), 12 * 480_000 + 48)).toBe(1001);
    expect(utcOfFrame(manifestOf({ latestStart: 1000 }), 11 * 480_000)).toBe(-9000);
  });

  it('leaves out the time that a break lost', () => {
    const breaks = [{ index: 12, frame: 12 * 480_000, utcMs: 1000, lostMs: 250, reason: 'restart' }];
    expect(utcOfFrame(manifestOf({ latestStart: 1000, breaks }), 12 * 480_000)).toBe(1000);
    expect(utcOfFrame(manifestOf({ latestStart: 1000, breaks }), 11 * 480_000)).toBe(-9250);
  });
});

describe('a station', () => {
  const at = (now: number, known: boolean = true) => ({ known, now: () => now });

  it('is off the air when it says so, or when it has long been overdue', () => {
    expect(isOnAir(manifestOf(), at(21_000))).toBe(true);
    expect(isOnAir(manifestOf({ live: false }), at(21_000))).toBe(false);
    expect(isOnAir(manifestOf(), at(50_001))).toBe(false);
  });

  it('is believed when the time at the origin is unknown', () => {
    expect(isOnAir(manifestOf(), at(3_600_000, false))).toBe(true);
  });
});

describe('the next poll', () => {
  it('comes when the next segment should be there, not before', () => {
    expect(pollDelayMs(manifestOf(), 7000, 0, () => 0)).toBe(7000);
    expect(pollDelayMs(manifestOf(), 7000, 0, () => 0.999)).toBeLessThan(7040);
  });

  it('comes again soon when it is late, then later and later', () => {
    const delays = [0, 1, 2, 20].map((overdue) => pollDelayMs(manifestOf(), -1000, overdue, () => 0.5));
    expect(delays.map(Math.round)).toEqual([500, 625, 781, 5000]);
  });

  it('comes ten times a segment while nothing can be predicted', () => {
    expect(pollDelayMs(manifestOf(), undefined, 99, () => 0.5)).toBe(1000);
  });

  it('comes now and then while the station is off the air', () => {
    expect(pollDelayMs(manifestOf({ live: false }), 0, 9, () => 0.5)).toBe(4000);
  });
});

describe('quality', () => {
  it('is what the listener locked', () => {
    const policy = new QualityPolicy();
    policy.mode = 'lq';
    expect(policy.candidates(manifestOf(), 12)).toEqual(['lq', 'hq']);
    policy.mode = 'hq';
    policy.tooSlow();
    expect(policy.candidates(manifestOf(), 12)).toEqual(['hq', 'lq']);
    expect(policy.deadlineMs(manifestOf(), 12, 'hq')).toBeUndefined();
  });

  it('avoids what the manifest says is missing, and does not hurry where nothing else is there', () => {
    const policy = new QualityPolicy();
    expect(policy.candidates(manifestOf({ missing: [{ rendition: 'hq', index: 12 }] }), 12)).toEqual(['lq', 'hq']);
    expect(policy.candidates(manifestOf({ missing: [{ rendition: 'hq', index: 11 }] }), 12)).toEqual(['hq', 'lq']);
    expect(policy.deadlineMs(manifestOf(), 12, 'hq')).toBe(7000);
    expect(policy.deadlineMs(manifestOf({ missing: [{ rendition: 'lq', index: 12 }] }), 12, 'hq')).toBeUndefined();
  });

  it('goes down at once, comes back after a while, and waits longer after every failed try', () => {
    const policy = new QualityPolicy();
    const wanted = () => policy.candidates(manifestOf(), 12)[0];
    const waits = [0, 0, 0, 0, 0].map(() => {
      policy.tooSlow();
      let segments = 0;
      for (; wanted() === 'lq'; segments++) policy.arrived('lq', 160_000, 300);
      return segments;
    });
    expect(waits).toEqual([3, 6, 12, 24, 24]);
  });

  it('forgets after six good segments', () => {
    const policy = new QualityPolicy();
    policy.tooSlow();
    policy.tooSlow();
    for (let i = 0; i < 6; i++) policy.arrived('hq', 2_000_000, 500);
    policy.tooSlow();
    let segments = 0;
    for (; policy.candidates(manifestOf(), 12)[0] === 'lq'; segments++) policy.arrived('lq', 160_000, 300);
    expect(segments).toBe(3);
  });

  it('stays low while the network carries less than hq and a half, but tries again in the end', () => {
    const policy = new QualityPolicy();
    policy.tooSlow();
    let segments = 0;
    for (; policy.candidates(manifestOf(), 12)[0] === 'lq'; segments++) policy.arrived('lq', 160_000, 1000);
    expect(segments).toBe(24);
  });
});
