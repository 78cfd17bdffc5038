import { describe, expect, it, vi } from 'vitest';
import { laggingKv } from '../../test/lagging-kv.ts';
import { KVClient } from './client.ts';
import { KVSessions } from './sessions.ts';

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
