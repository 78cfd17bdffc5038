import type { KVNamespace } from '@cloudflare/workers-types';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { laggingKv } from '../../test/lagging-kv.ts';
import { KVClient } from './client.ts';
import { KVCounters } from './counters.ts';
import { KVLock } from './lock.ts';
import { KVRateLimiter } from './rate-limiter.ts';
import { KVSessions } from './sessions.ts';

const PLACES = ['Frankfurt', 'Paris', 'Singapore'];

describe('KVClient with mocks', () => {
  const mock = (methods: Record<string, unknown>): KVNamespace => methods as unknown as KVNamespace;

  it('tries again after 429 and 5xx, from 500 ms on', async () => {
    const waited: number[] = [];
    const put = vi
      .fn()
      .mockRejectedValueOnce(new Error('KV PUT failed: 429 Too Many Requests'))
      .mockRejectedValueOnce(new Error('KV PUT failed: 503 Service Unavailable'));
    const kv = new KVClient(mock({ put }), { jitter: false, sleep: async (delayMs) => void waited.push(delayMs) });
    await kv.put('key', 'value');
    expect([put.mock.calls.length, waited]).toEqual([3, [500, 1_000]]);
  });

  it('throws at once what will not pass', async () => {
    const error = new Error('KV GET failed: 403 Forbidden');
    const get = vi.fn().mockRejectedValue(error);
    await expect(new KVClient(mock({ get })).get('key')).rejects.toBe(error);
    expect(get).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['an empty key', '', 'x', undefined, 'InvalidKey', 'is empty'],
    ['the key "."', '.', 'x', undefined, 'InvalidKey', '"." or ".."'],
    ['a key of 513 bytes', `${'é'.repeat(256)}x`, 'x', undefined, 'InvalidKey', 'has 513 bytes; KV takes at most 512'],
    ['half a character', '\ud800', 'x', undefined, 'InvalidKey', 'surrogate'],
    [
      'a value of 25 MiB and a byte',
      'k',
      'x'.repeat(25 * 1024 ** 2 + 1),
      undefined,
      'InvalidValue',
      '26214400 (25 MiB)',
    ],
    ['a TTL of 59 seconds', 'k', 'x', 59, 'InvalidExpiry', 'whole seconds from 60'],
    ['a TTL of 60.5 seconds', 'k', 'x', 60.5, 'InvalidExpiry', 'is 60.5'],
  ])('refuses %s without a call', async (_, key, value, ttl, code, message) => {
    const put = vi.fn();
    await expect(new KVClient(mock({ put })).put(key, value, ttl)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(put).not.toHaveBeenCalled();
  });

  it('takes the largest key, value and metadata', async () => {
    const put = vi.fn();
    const kv = new KVClient(mock({ put }));
    await kv.put('x'.repeat(512), 'x'.repeat(25 * 1024 ** 2), 60, 'x'.repeat(1022));
    expect(put).toHaveBeenCalledTimes(1);
    await expect(kv.put('x', 'x', 60, 'x'.repeat(1023))).rejects.toMatchObject({ code: 'InvalidValue' });
  });

  it('does not hold more than maxListKeys of a listing', async () => {
    const keys = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
    const list = vi.fn().mockResolvedValue({ list_complete: true, keys });
    expect(await new KVClient(mock({ list }), { maxListKeys: 3 }).list()).toEqual(['a', 'b', 'c']);
    await expect(new KVClient(mock({ list }), { maxListKeys: 2 }).list()).rejects.toMatchObject({
      code: 'TooManyKeys',
    });
  });
});

describe('KVCounters where KV is slow', () => {
  it('loses and invents nothing, whoever adds, flushes and collects, in whatever order', async () => {
    const step = fc.record({
      place: fc.constantFrom(...PLACES),
      what: fc.constantFrom('add', 'add', 'flush', 'collect', 'wait'),
      amount: fc.integer({ min: -5, max: 20 }),
      name: fc.constantFrom('plays', '__proto__', 'a b'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = laggingKv();
        const counters = new Map(
          PLACES.map((place) => [place, new KVCounters(new KVClient(world.at(place)), { now: world.now })]),
        );
        const added = new Map<string, number>();
        const inserted = new Map<string, number>();
        const seen = new Set<string>();
        const collect = (place: string): Promise<number> =>
          (counters.get(place) as KVCounters).collect(async ({ id, counts }) => {
            if (seen.has(id)) return;
            seen.add(id);
            for (const [name, count] of Object.entries(counts)) inserted.set(name, (inserted.get(name) ?? 0) + count);
          });
        for (const { place, what, amount, name } of steps) {
          if (what === 'add') {
            counters.get(place)?.add(name, amount);
            added.set(name, (added.get(name) ?? 0) + amount);
          } else if (what === 'flush') await counters.get(place)?.flush();
          else if (what === 'collect') await collect(place);
          else world.pass(20_000);
        }
        for (const each of counters.values()) await each.flush();
        world.pass(60_000);
        await collect('Paris');
        expect(inserted).toEqual(added);
        world.pass(60_000);
        expect(world.keys()).toEqual([]);
      }),
    );
  });

  it('keeps what a failed flush could not write', async () => {
    const put = vi.fn().mockRejectedValueOnce(new Error('KV PUT failed: 400 Bad Request')).mockResolvedValue(undefined);
    const counters = new KVCounters(new KVClient({ put } as unknown as KVNamespace));
    counters.add('plays', 2);
    await expect(counters.flush()).rejects.toThrow('400');
    counters.add('plays', 3);
    await counters.flush();
    expect(put.mock.calls[1]?.[1]).toBe('[["plays",5]]');
    await counters.flush();
    expect(put).toHaveBeenCalledTimes(2);
  });

  it('refuses what cannot be summed, too many names, and batches of somebody else', async () => {
    const world = laggingKv();
    const kv = new KVClient(world.at('Paris'));
    const counters = new KVCounters(kv, { maxNames: 1 });
    expect(() => counters.add('x', Number.NaN)).toThrow('use a finite number');
    counters.add('x');
    expect(() => counters.add('y')).toThrow('flush first');
    await kv.put('counters:1', '{"not":"ours"}');
    await expect(counters.totals()).rejects.toThrow('holds no batch of counters');
  });
});

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

describe('KVLock where KV is slow', () => {
  const lockAt = (world: ReturnType<typeof laggingKv>, place: string): KVLock =>
    new KVLock(new KVClient(world.at(place)), { now: world.now, sleep: async (delayMs) => world.pass(delayMs) });

  it('is held by one of those who see the same KV', async () => {
    const world = laggingKv();
    const first = await lockAt(world, 'Paris').tryAcquire('job');
    expect(first?.name).toBe('job');
    expect(await lockAt(world, 'Paris').tryAcquire('job')).toBeNull();
    await first?.release();
    expect(await lockAt(world, 'Paris').tryAcquire('job')).not.toBeNull();
  });

  it('is given to the last of those who ask in the same moment', async () => {
    const world = laggingKv();
    const leases = await Promise.all([1, 2, 3].map(() => lockAt(world, 'Paris').tryAcquire('job')));
    expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
  });

  it('can be held twice from two places, as its documentation says', async () => {
    const world = laggingKv();
    expect(await lockAt(world, 'Paris').tryAcquire('job')).not.toBeNull();
    expect(await lockAt(world, 'Singapore').tryAcquire('job')).not.toBeNull();
  });

  it('ends by itself, unless it is renewed in time', async () => {
    const world = laggingKv();
    const lease = await lockAt(world, 'Paris').tryAcquire('job');
    world.pass(50_000);
    const renewed = await lease?.renew();
    expect(renewed?.expiresAtMs).toBeGreaterThan(lease?.expiresAtMs ?? 0);
    world.pass(50_000);
    expect(await lockAt(world, 'Paris').tryAcquire('job')).toBeNull();
    world.pass(10_000);
    expect(await renewed?.renew()).toBeNull();
    expect(await lockAt(world, 'Paris').tryAcquire('job')).not.toBeNull();
  });

  it('is not freed by one who has lost it', async () => {
    const world = laggingKv();
    const lost = await lockAt(world, 'Paris').tryAcquire('job');
    world.pass(60_000);
    expect(await lockAt(world, 'Paris').tryAcquire('job')).not.toBeNull();
    await lost?.release();
    expect(await lockAt(world, 'Paris').tryAcquire('job')).toBeNull();
  });

  it('is freed after the work, also when the work fails', async () => {
    const world = laggingKv();
    const lock = lockAt(world, 'Paris');
    await expect(lock.run('job', () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
    const inner = lock.run('job', async () => await lock.run('job', async () => 'twice'));
    expect(await inner).toEqual({ result: null });
    expect(world.keys()).toEqual([]);
  });

  it('refuses a key that holds something else', async () => {
    const world = laggingKv();
    await new KVClient(world.at('Paris')).put('lock:job', 'mine');
    await expect(lockAt(world, 'Paris').tryAcquire('job')).rejects.toThrow('holds no lock');
  });
});

describe('KVSessions', () => {
  interface Session {
    readonly user: string;
  }
  const parse = (value: unknown): Session => {
    const { user } = value as { user?: unknown };
    if (typeof user !== 'string') throw new Error('not a session');
    return { user };
  };
  const sessionsOf = (world: ReturnType<typeof laggingKv>): KVSessions<Session> =>
    new KVSessions(new KVClient(world.at('Paris')), { parse, ttlSeconds: 600, now: world.now });

  it('gives a session to whoever has its ID, until it ends', async () => {
    const world = laggingKv();
    const sessions = sessionsOf(world);
    const id = await sessions.begin({ user: 'ada' });
    expect(id).toMatch(/^[\w-]{43}$/);
    expect(await sessions.begin({ user: 'ada' })).not.toBe(id);
    expect(await sessions.get(id)).toEqual({ user: 'ada' });
    expect(await sessions.get(`${id}x`)).toBeNull();
    expect(world.keys().join()).not.toContain(id);
    await sessions.set(id, { user: 'bob' });
    expect(await sessions.get(id)).toEqual({ user: 'bob' });
    await sessions.end(id);
    expect(await sessions.get(id)).toBeNull();
  });

  it('lives on when it is touched, with a write in the second half of its life only', async () => {
    const world = laggingKv();
    const namespace = world.at('Paris');
    const put = vi.spyOn(namespace, 'put');
    const sessions = new KVSessions(new KVClient(namespace), { parse, ttlSeconds: 600, now: world.now });
    const id = await sessions.begin({ user: 'ada' });
    world.pass(299_000);
    await sessions.touch(id);
    expect(put).toHaveBeenCalledTimes(1);
    world.pass(2_000);
    expect(await sessions.touch(id)).toEqual({ user: 'ada' });
    expect(put).toHaveBeenCalledTimes(2);
    world.pass(599_000);
    expect(await sessions.get(id)).toEqual({ user: 'ada' });
    world.pass(1_000);
    expect(await sessions.get(id)).toBeNull();
    expect(await sessions.touch(id)).toBeNull();
  });

  it('does not trust what is stored: what does not parse or has expired is none', async () => {
    const world = laggingKv();
    const id = await sessionsOf(world).begin({ user: 'ada' });
    const [key = ''] = world.keys();
    const kv = new KVClient(world.at('Paris'));
    for (const value of [
      'nonsense',
      '{}',
      JSON.stringify({ session: { user: 1 }, expiresAtMs: world.now() + 1_000 }),
      JSON.stringify({ session: { user: 'ada' }, expiresAtMs: world.now() }),
    ]) {
      await kv.put(key, value);
      expect(await sessionsOf(world).get(id)).toBeNull();
    }
    await expect(sessionsOf(world).get('')).rejects.toMatchObject({ code: 'InvalidKey' });
  });
});
