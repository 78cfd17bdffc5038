import { KVClient, KVCounters, type KVEntry, KVLock, KVRateLimiter, KVSessions } from '../../src/index.ts';
import { type Bindings, expect, failureOf, serveCases, type WorkerCase } from '../worker-suite.ts';

const cases: WorkerCase[] = [];

function test(title: string, run: (kv: KVClient, namespace: Bindings['KV']) => Promise<void>): void {
  cases.push({
    title,
    async run({ KV }) {
      const kv = new KVClient(KV);
      const keys = await kv.list();
      for (let at = 0; at < keys.length; at += 100) {
        await Promise.all(keys.slice(at, at + 100).map((key) => kv.delete(key)));
      }
      await run(kv, KV);
    },
  });
}

test('a value is put, read, replaced and deleted', async (kv) => {
  expect(await kv.get('x')).toBe(null);
  await kv.put('x', 'héllo');
  expect(await kv.get('x')).toBe('héllo');
  await kv.put('x', '');
  expect(await kv.get('x')).toBe('');
  await kv.delete('x');
  await kv.delete('x');
  expect(await kv.get('x')).toBe(null);
});

test('a TTL and metadata come back from a listing', async (kv) => {
  await kv.put('x', 'y', 3600, { by: 'me' });
  await kv.put('z', 'y');
  const entries: KVEntry[] = [];
  for await (const entry of kv.entries()) entries.push(entry);
  expect(entries.map(({ key, metadata }) => [key, metadata])).toEqual([
    ['x', { by: 'me' }],
    ['z', undefined],
  ]);
  const [first, second] = entries.map(({ expiresAtMs }) => expiresAtMs);
  expect(Math.abs((first ?? 0) - Date.now() - 3_600_000) < 600_000).toBe(true);
  expect(second).toBe(undefined);
});

test('list gives every key of a prefix in order, over many pages', async (kv) => {
  const keys = Array.from({ length: 1_003 }, (_, index) => `many/${String(index).padStart(5, '0')}`);
  for (let at = 0; at < keys.length; at += 100) {
    await Promise.all(keys.slice(at, at + 100).map((key) => kv.put(key, 'x')));
  }
  await kv.put('other', 'x');
  expect(await kv.list('many/')).toEqual(keys);
  expect(await kv.list('nothing')).toEqual([]);
  expect((await kv.list()).length).toBe(1_004);
});

test('the limits are those of KV itself', async (kv, namespace) => {
  for (const wrong of [
    [namespace.put('x'.repeat(513), 'x'), kv.put('x'.repeat(513), 'x')],
    [namespace.put('.', 'x'), kv.put('.', 'x')],
    [namespace.put('x', 'x', { expirationTtl: 59 }), kv.put('x', 'x', 59)],
    [namespace.put('x', 'x', { metadata: 'x'.repeat(1_023) }), kv.put('x', 'x', 60, 'x'.repeat(1_023))],
  ] as const) {
    const [theirs, ours] = await Promise.all(wrong.map((call) => failureOf(call)));
    expect([theirs instanceof Error, (ours as { name?: string }).name]).toEqual([true, 'CloudflareClientError']);
  }
  await kv.put('é'.repeat(256), 'x', 60, 'x'.repeat(1_022));
  expect(await kv.get('é'.repeat(256))).toBe('x');
});

test('sessions, locks, counters and a rate limiter work on the real binding', async (kv) => {
  const sessions = new KVSessions(kv, { parse: (value) => value as { user: string } });
  const id = await sessions.begin({ user: 'ada' });
  expect(await sessions.touch(id)).toEqual({ user: 'ada' });
  await sessions.end(id);
  expect(await sessions.get(id)).toBe(null);

  const lock = new KVLock(kv, { settleMs: 1 });
  const lease = await lock.tryAcquire('job');
  expect([lease?.name, await lock.tryAcquire('job')]).toEqual(['job', null]);
  await lease?.release();
  expect(await lock.run('job', async () => 'done')).toEqual({ result: 'done' });

  const counters = [new KVCounters(kv), new KVCounters(kv)];
  for (const each of counters) {
    each.add('plays', 2);
    each.add('plays');
    await each.flush();
  }
  expect([...(await new KVCounters(kv).totals())]).toEqual([['plays', 6]]);
  const batches: unknown[] = [];
  expect(await new KVCounters(kv).collect(async ({ counts }) => void batches.push(counts))).toBe(2);
  expect([batches, await kv.list('counters:')]).toEqual([[{ plays: 3 }, { plays: 3 }], []]);

  // A clock that stands still, so that no window ends meanwhile.
  const nowMs = Date.now();
  const limiters = [1, 2].map(() => new KVRateLimiter(kv, { limit: 3, windowSeconds: 600, now: () => nowMs }));
  const [first, second] = limiters;
  for (let i = 0; i < 5; i++) await first?.check('1.2.3.4');
  await first?.flush();
  expect((await second?.check('1.2.3.4'))?.allowed).toBe(false);
  expect((await second?.check('5.6.7.8'))?.remaining).toBe(2);
});

export const handler: ReturnType<typeof serveCases> = serveCases(cases);
