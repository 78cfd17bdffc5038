import type { KVNamespace } from '@cloudflare/workers-types';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { laggingKv, PLACES } from '../../test/lagging-kv.ts';
import { KVClient } from './client.ts';
import { KVRateLimiter } from './rate-limiter.ts';

describe('KVRateLimiter where KV is slow', () => {
  const options = { limit: 10, windowSeconds: 600 };

  it('allows no more than the limit in one place, and refused requests do not count', async () => {
    const world = laggingKv();
    const limiter = new KVRateLimiter(new KVClient(world.at('Paris')), { ...options, now: world.now });
    const allowed: boolean[] = [];
    for (let i = 0; i < 50; i++) allowed.push((await limiter.check('1.2.3.4')).allowed);
    expect(allowed.filter(Boolean)).toHaveLength(10);
    expect((await limiter.check('5.6.7.8')).remaining).toBe(9);
    world.pass(600_000);
    expect(await limiter.check('1.2.3.4')).toMatchObject({ allowed: true, remaining: 9 });
  });

  it('tells when the window ends', async () => {
    const world = laggingKv();
    const limiter = new KVRateLimiter(new KVClient(world.at('Paris')), { ...options, now: world.now });
    const { resetAtMs } = await limiter.check('x');
    expect([resetAtMs % 600_000, resetAtMs > world.now(), resetAtMs - world.now() <= 600_000]).toEqual([0, true, true]);
  });

  it('allows at most the limit in each place, and the limit in all once the counts have travelled', async () => {
    const request = fc.record({ place: fc.constantFrom(...PLACES), waitMs: fc.constantFrom(0, 0, 0, 1_000, 15_000) });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 60 }), async (requests) => {
        const world = laggingKv();
        // From the start of a window on, so that all of it is one.
        world.pass(600_000 - (world.now() % 600_000));
        const limiters = new Map(
          PLACES.map((place) => [
            place,
            new KVRateLimiter(new KVClient(world.at(place)), { ...options, windowSeconds: 6_000, now: world.now }),
          ]),
        );
        const allowed = new Map<string, number>();
        for (const { place, waitMs } of requests) {
          world.pass(waitMs);
          if ((await limiters.get(place)?.check('x'))?.allowed) allowed.set(place, (allowed.get(place) ?? 0) + 1);
        }
        const counts = [...allowed.values()];
        expect(counts.every((count) => count <= options.limit)).toBe(true);
        for (const limiter of limiters.values()) await limiter.flush();
        world.pass(70_000);
        const sum = counts.reduce((total, count) => total + count, 0);
        if (sum >= options.limit) {
          for (const limiter of limiters.values()) expect((await limiter.check('x')).allowed).toBe(false);
        }
      }),
    );
  });

  it('remembers through KV what it forgot itself', async () => {
    const world = laggingKv();
    const limiter = new KVRateLimiter(new KVClient(world.at('Paris')), { ...options, maxIds: 1, now: world.now });
    for (let i = 0; i < 10; i++) await limiter.check('x');
    await limiter.flush();
    await limiter.check('y');
    expect((await limiter.check('x')).allowed).toBe(false);
  });

  it('decides by itself when KV does not answer', async () => {
    const list = vi.fn().mockRejectedValue(new Error('KV GET failed: 400 Bad Request'));
    const limiter = new KVRateLimiter(new KVClient({ list } as unknown as KVNamespace), { ...options, limit: 2 });
    const decisions = [await limiter.check('x'), await limiter.check('x'), await limiter.check('x')];
    expect(decisions.map(({ allowed }) => allowed)).toEqual([true, true, false]);
  });

  it('shows no ID in KV', async () => {
    const world = laggingKv();
    const limiter = new KVRateLimiter(new KVClient(world.at('Paris')), { ...options, now: world.now });
    await limiter.check('198.51.100.7');
    await limiter.flush();
    expect(world.keys()).toHaveLength(1);
    expect(world.keys()[0]).not.toContain('198.51.100.7');
  });

  it.each([{ limit: 0 }, { limit: 1.5 }, { windowSeconds: 59 }, { syncIntervalMs: 999 }])('refuses %j', (changes) => {
    const world = laggingKv();
    expect(() => new KVRateLimiter(new KVClient(world.at('Paris')), { ...options, ...changes })).toThrow(
      /^rate limiter: /,
    );
  });
});
