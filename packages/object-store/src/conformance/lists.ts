import { type ConformanceContext, inParallel, listKeys, outcome, textBytes } from './api.ts';

export function testLists({ promise, expect }: ConformanceContext): void {
  promise('an empty store lists nothing', async (store) => {
    expect(await listKeys(store)).toEqual([]);
    expect(await listKeys(store, 'a/')).toEqual([]);
  });

  promise('list is in ascending UTF-8 order of whole keys', async (store) => {
    // "-" and "." sort before "/"; U+FF5E sorts before U+1F3B5, though its UTF-16 code unit is greater.
    const ordered = ['A', 'a', 'b-b', 'b.b', 'b/a', 'b/b', 'b0', 'z', 'é', '～', '🎵', '🎵/a'].filter(
      (key) => key !== '🎵',
    );
    for (const key of [...ordered].reverse()) await store.put(key, textBytes('x'));
    expect(await listKeys(store)).toEqual(ordered);
  });

  promise('list gives size, ETag and time of each object', async (store) => {
    const { etag } = await store.put('x', textBytes('one'));
    for await (const meta of store.list()) {
      expect([meta.key, meta.size, meta.etag]).toEqual(['x', 3, etag]);
      expect(meta.lastModified instanceof Date && !Number.isNaN(meta.lastModified.getTime())).toBe(true);
    }
  });

  promise('a prefix is text, wherever it stops', async (store) => {
    for (const key of ['live/a/1', 'live/a/2', 'live/ab', 'live/b', 'liver']) await store.put(key, textBytes('x'));
    expect(await listKeys(store, 'live')).toEqual(['live/a/1', 'live/a/2', 'live/ab', 'live/b', 'liver']);
    expect(await listKeys(store, 'live/')).toEqual(['live/a/1', 'live/a/2', 'live/ab', 'live/b']);
    expect(await listKeys(store, 'live/a')).toEqual(['live/a/1', 'live/a/2', 'live/ab']);
    expect(await listKeys(store, 'live/a/')).toEqual(['live/a/1', 'live/a/2']);
    expect(await listKeys(store, 'live/a/1')).toEqual(['live/a/1']);
    expect(await listKeys(store, 'live/a/1/')).toEqual([]);
    expect(await listKeys(store, 'nothing')).toEqual([]);
    expect(await listKeys(store, '../')).toEqual([]);
  });

  promise('a prefix that no key can begin with is refused with InvalidPath', async (store) => {
    for (const prefix of ['a\0', '\ud800', 'x'.repeat(1025)]) {
      expect(await outcome(listKeys(store, prefix))).toBe('InvalidPath');
    }
  });

  promise('list has no limit', async (store) => {
    const keys = Array.from({ length: 1203 }, (_, index) => `many/${String(index).padStart(8, '0')}`);
    await inParallel(keys, 16, (key) => store.put(key, textBytes(key)));
    expect(await listKeys(store)).toEqual(keys);
  });

  promise('a listing may be left early and started again', async (store) => {
    for (const key of ['a', 'b', 'c']) await store.put(key, textBytes('x'));
    for await (const meta of store.list()) {
      expect(meta.key).toBe('a');
      break;
    }
    expect(await listKeys(store)).toEqual(['a', 'b', 'c']);
  });

  promise('objects may be deleted while they are listed', async (store) => {
    for (const key of ['a/1', 'a/2', 'b/1', 'b/2']) await store.put(key, textBytes('x'));
    for await (const meta of store.list()) await store.delete(meta.key);
    expect(await listKeys(store)).toEqual([]);
  });
}
