import { type ConformanceContext, inParallel, listKeys, outcome, readText, textBytes } from './api.ts';

export function testDeletes({ promise, expect }: ConformanceContext): void {
  promise('a deleted object is gone from get, head and list', async (store) => {
    await store.put('a/x', textBytes('one'), { attributes: { contentType: 'text/plain' } });
    await store.put('a/y', textBytes('two'));
    await store.delete('a/x');
    expect(await outcome(store.get('a/x'))).toBe('NotFound');
    expect(await outcome(store.head('a/x'))).toBe('NotFound');
    expect(await listKeys(store)).toEqual(['a/y']);
  });

  promise('deleting a key that does not exist succeeds', async (store) => {
    await store.put('a/x', textBytes('one'));
    await store.delete('no/such/key');
    await store.delete('a/x');
    await store.delete('a/x');
    expect(await listKeys(store)).toEqual([]);
  });

  promise('deleting a key leaves the keys that begin with it', async (store) => {
    await store.put('a/x', textBytes('one'));
    await store.put('ab', textBytes('two'));
    await store.delete('a');
    expect(await readText(store, 'a/x')).toBe('one');
    expect(await readText(store, 'ab')).toBe('two');
  });

  promise('a key can be put again after its delete, also as the beginning of another', async (store) => {
    await store.put('a/b/c', textBytes('one'), { attributes: { metadata: { old: 'yes' } } });
    await store.delete('a/b/c');
    await store.put('a/b', textBytes('two'), { attributes: { contentType: 'text/plain' } });
    expect((await store.head('a/b')).attributes).toEqual({ contentType: 'text/plain' });
    await store.delete('a/b');
    await store.put('a/b/c', textBytes('three'));
    expect(await readText(store, 'a/b/c')).toBe('three');
  });

  promise('puts and deletes of neighbours do not disturb each other', async (store) => {
    const lanes = Array.from({ length: 8 }, (_, lane) => lane);
    await inParallel(lanes, lanes.length, async (lane) => {
      for (let round = 0; round < 20; round++) {
        const key = `window/hq/${lane}`;
        await store.put(key, textBytes(`${lane} ${round}`));
        expect(await readText(store, key)).toBe(`${lane} ${round}`);
        await store.delete(key);
      }
    });
    expect(await listKeys(store)).toEqual([]);
  });
}
