import type { KVNamespace } from '@cloudflare/workers-types';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { laggingKv, PLACES } from '../../test/lagging-kv.ts';
import { KVClient } from './client.ts';
import { KVCounters } from './counters.ts';

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
