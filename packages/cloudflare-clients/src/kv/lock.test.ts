import { describe, expect, it } from 'vitest';
import { laggingKv } from '../../test/lagging-kv.ts';
import { KVClient } from './client.ts';
import { KVLock } from './lock.ts';

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
