import { isObjectStoreError } from '../error.ts';
import { type ConformanceContext, listKeys, outcome, readText, sampleBytes, textBytes } from './api.ts';

export function testAborting({ promise, expect }: ConformanceContext): void {
  promise('a call with an aborted signal does nothing and fails with Aborted', async (store) => {
    await store.put('x', textBytes('one'));
    const signal = AbortSignal.abort();
    expect(await outcome(store.put('x', textBytes('two'), { signal }))).toBe('Aborted');
    expect(await outcome(store.get('x', { signal }))).toBe('Aborted');
    expect(await outcome(store.head('x', { signal }))).toBe('Aborted');
    expect(await outcome(store.delete('x', { signal }))).toBe('Aborted');
    expect(await outcome(store.list({ signal })[Symbol.asyncIterator]().next())).toBe('Aborted');
    expect(await readText(store, 'x')).toBe('one');
  });

  promise('aborting while a body is read ends it with Aborted', async (store) => {
    await store.put('x', sampleBytes(2_000_000));
    const controller = new AbortController();
    const result = await store.get('x', { signal: controller.signal });
    const reader = result.body.getReader();
    await reader.read();
    controller.abort();
    expect(await outcome(reader.read())).toBe('Aborted');
  });

  promise('aborting a listing ends it with Aborted', async (store) => {
    for (const key of ['a', 'b', 'c']) await store.put(key, textBytes('x'));
    const controller = new AbortController();
    const seen: string[] = [];
    const error = await (async () => {
      for await (const { key } of store.list({ signal: controller.signal })) {
        seen.push(key);
        controller.abort();
      }
      return undefined;
    })().catch((reason: unknown) => reason);
    expect([seen, isObjectStoreError(error, 'Aborted')]).toEqual([['a'], true]);
  });

  promise('a put aborted on its way stores all of the object or nothing', async (store) => {
    const body = sampleBytes(1_000_000);
    const controller = new AbortController();
    const put = outcome(store.put('x', body, { signal: controller.signal }));
    await Promise.resolve();
    controller.abort();
    expect(['Aborted', 'resolved'].includes(await put)).toBe(true);
    const sizes: number[] = [];
    for await (const meta of store.list()) sizes.push(meta.size);
    expect([0, 1].includes(sizes.length) && sizes.every((size) => size === body.length)).toBe(true);
  });

  promise('a signal that is never aborted leaves nothing behind', async (store) => {
    const { signal } = new AbortController();
    await store.put('x', textBytes('one'), { signal });
    expect(await (await store.get('x', { signal })).text()).toBe('one');
    await store.head('x', { signal });
    await store.delete('x', { signal });
    expect(await listKeys(store)).toEqual([]);
  });

  promise('the store has a name for logs', async (store) => {
    expect(typeof store.name === 'string' && store.name.length > 0).toBe(true);
  });
}
