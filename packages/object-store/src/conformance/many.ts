import type { FullObjectStore } from '../full.ts';
import { type ConformanceContext, collect, inParallel, listKeys, outcome, sampleBytes, textBytes } from './api.ts';

export function testMany({ promise, expect }: ConformanceContext<FullObjectStore>): void {
  promise('the capabilities are declared and make sense', async ({ capabilities }) => {
    const { minPartBytes, maxPartBytes, maxParts } = capabilities.multipart;
    expect(minPartBytes >= 1 && minPartBytes <= maxPartBytes && maxParts >= 1).toBe(true);
    expect(capabilities.maxCopyBytes > 0).toBe(true);
  });

  promise('getRanges gives the bytes of every range, in the order asked', async (store) => {
    const body = sampleBytes(400_000);
    await store.put('x', body);
    const ranges = [
      { start: 399_990 },
      { start: 0, end: 5 },
      { start: 3, end: 9 },
      { suffix: 4 },
      { start: 200_000, end: 200_010 },
      { start: 7, end: 7 },
      { start: 500_000, end: 500_001 },
    ];
    const expected = [
      body.slice(399_990),
      body.slice(0, 5),
      body.slice(3, 9),
      body.slice(-4),
      body.slice(200_000, 200_010),
      new Uint8Array(),
      new Uint8Array(),
    ];
    expect((await store.getRanges('x', ranges)).map((bytes) => [...bytes])).toEqual(expected.map((each) => [...each]));
    expect(await store.getRanges('x', [])).toEqual([]);
  });

  promise('getRanges reads one version, or fails with PreconditionFailed or NotFound', async (store) => {
    const { etag } = await store.put('x', textBytes('one'));
    const [bytes = new Uint8Array()] = await store.getRanges('x', [{ start: 0, end: 2 }], { ifMatch: etag });
    expect(new TextDecoder().decode(bytes)).toBe('on');
    await store.put('x', textBytes('two'));
    expect(await outcome(store.getRanges('x', [{ start: 0, end: 2 }], { ifMatch: etag }))).toBe('PreconditionFailed');
    expect(await outcome(store.getRanges('y', [{ start: 0, end: 2 }]))).toBe('NotFound');
    expect(await outcome(store.getRanges('x', [{ start: 2, end: 1 }]))).toBe('NotSupported');
  });

  promise('deleteMany deletes every key, tells of each, and passes over keys that do not exist', async (store) => {
    const keys = Array.from({ length: 1050 }, (_, index) => `many/${index}`);
    await inParallel(keys.slice(0, 60), 8, (key) => store.put(key, textBytes('x')));
    await store.put('kept', textBytes('x'));
    const outcomes = await collect(store.deleteMany(keys));
    expect(outcomes.map(({ key }) => key).sort()).toEqual([...keys].sort());
    expect(outcomes.every(({ error }) => error === undefined)).toBe(true);
    expect(await listKeys(store)).toEqual(['kept']);
  });

  promise('deleteMany takes any valid key, and an async iterable of them', async (store) => {
    const odd = ['a b', 'plus+and&', 'tab\tand\u0001', '日本語/🎵', '<xml>"\'', 'line\nbreak\r'];
    for (const key of odd) await store.put(key, textBytes('x'));
    const source = async function* (): AsyncGenerator<string> {
      yield* odd;
    };
    expect((await collect(store.deleteMany(source()))).filter(({ error }) => error !== undefined)).toEqual([]);
    expect(await listKeys(store)).toEqual([]);
  });

  promise('listWithDelimiter gives one level: objects, and the prefixes of what is below', async (store) => {
    for (const key of ['a/1', 'a/b/2', 'a/b/3', 'a/c d+/4', 'a-1', 'z']) await store.put(key, textBytes(key));
    const top = await store.listWithDelimiter();
    expect(top.objects.map(({ key }) => key)).toEqual(['a-1', 'z']);
    expect(top.prefixes).toEqual(['a/']);
    const inside = await store.listWithDelimiter({ prefix: 'a/' });
    expect(inside.objects.map(({ key, size }) => [key, size])).toEqual([['a/1', 3]]);
    expect(inside.prefixes).toEqual(['a/b/', 'a/c d+/']);
    expect(await store.listWithDelimiter({ prefix: 'nothing/' })).toEqual({ objects: [], prefixes: [] });
  });

  promise('calls about many objects fail with Aborted when their signal is aborted', async (store) => {
    await store.put('x', textBytes('one'));
    const signal = AbortSignal.abort();
    expect(await outcome(store.getRanges('x', [{ start: 0 }], { signal }))).toBe('Aborted');
    expect(await outcome(collect(store.deleteMany(['x'], { signal })))).toBe('Aborted');
    expect(await outcome(store.listWithDelimiter({ signal }))).toBe('Aborted');
    expect(await listKeys(store)).toEqual(['x']);
  });
}
