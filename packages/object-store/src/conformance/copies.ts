import type { FullObjectStore } from '../full.ts';
import {
  type ConformanceContext,
  listKeys,
  outcome,
  readBytes,
  readText,
  sameBytes,
  sampleBytes,
  textBytes,
} from './api.ts';

const attributes = { contentType: 'audio/flac', cacheControl: 'no-cache', metadata: { station: 'one' } };

export function testCopies({ promise, expect }: ConformanceContext<FullObjectStore>): void {
  promise('a copy has the bytes and the attributes of its source, which stays', async (store) => {
    const body = sampleBytes(300_000);
    await store.put('a/from here', body, { attributes });
    const { etag } = await store.copy('a/from here', 'b/to+there');
    expect(sameBytes(await readBytes(store, 'b/to+there'), body)).toBe(true);
    const head = await store.head('b/to+there');
    expect([head.etag, head.attributes]).toEqual([etag, attributes]);
    expect(sameBytes(await readBytes(store, 'a/from here'), body)).toBe(true);
  });

  promise('a copy with attributes has these and none of the source', async (store) => {
    await store.put('from', textBytes('one'), { attributes });
    await store.copy('from', 'to', { attributes: { contentType: 'text/plain' } });
    expect((await store.head('to')).attributes).toEqual({ contentType: 'text/plain' });
    expect(await outcome(store.copy('from', 'bad', { attributes: { contentType: 'a\nb' } }))).toBe('NotSupported');
  });

  promise('a copy replaces what is there, or with mode create fails with AlreadyExists', async (store) => {
    await store.put('from', textBytes('one'));
    await store.put('to', textBytes('two'));
    expect(await outcome(store.copy('from', 'to', { mode: 'create' }))).toBe('AlreadyExists');
    expect(await readText(store, 'to')).toBe('two');
    await store.copy('from', 'to');
    expect(await readText(store, 'to')).toBe('one');
    await store.copy('from', 'new', { mode: 'create' });
    expect(await readText(store, 'new')).toBe('one');
  });

  promise('of concurrent copies with mode create, one succeeds where the store declares so', async (store) => {
    const sources = [1, 2, 3, 4, 5, 6];
    for (const source of sources) await store.put(`from/${source}`, textBytes(`source ${source}`));
    const outcomes = await Promise.all(
      sources.map((source) => outcome(store.copy(`from/${source}`, 'to', { mode: 'create' }))),
    );
    const winners = outcomes.filter((result) => result === 'resolved').length;
    expect(store.capabilities.createOnCopy === 'checked' ? winners >= 1 : winners === 1).toBe(true);
    expect(outcomes.every((result) => ['resolved', 'AlreadyExists', 'Ambiguous'].includes(result))).toBe(true);
  });

  promise(
    'a copy of what does not exist fails with NotFound, and of an invalid key with InvalidPath',
    async (store) => {
      expect(await outcome(store.copy('no/such', 'to'))).toBe('NotFound');
      expect(await outcome(store.rename('no/such', 'to'))).toBe('NotFound');
      await store.put('from', textBytes('one'));
      expect(await outcome(store.copy('from', '../to'))).toBe('InvalidPath');
      expect(await outcome(store.copy('../from', 'to'))).toBe('InvalidPath');
      expect(await outcome(store.copy('from', 'to', { signal: AbortSignal.abort() }))).toBe('Aborted');
      expect(await listKeys(store)).toEqual(['from']);
    },
  );

  promise('an object copied or renamed onto itself stays as it is', async (store) => {
    await store.put('x', textBytes('one'), { attributes });
    await store.copy('x', 'x');
    await store.rename('x', 'x');
    expect(await outcome(store.copy('x', 'x', { mode: 'create' }))).toBe('AlreadyExists');
    expect(await readText(store, 'x')).toBe('one');
    expect((await store.head('x')).attributes).toEqual(attributes);
  });

  promise('a rename moves bytes and attributes, and leaves the source when it fails', async (store) => {
    await store.put('from', textBytes('one'), { attributes });
    await store.put('taken', textBytes('two'));
    expect(await outcome(store.rename('from', 'taken', { mode: 'create' }))).toBe('AlreadyExists');
    await store.rename('from', 'to');
    expect(await listKeys(store)).toEqual(['taken', 'to']);
    expect((await store.head('to')).attributes).toEqual(attributes);
  });
}
