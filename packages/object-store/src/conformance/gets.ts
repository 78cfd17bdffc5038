import type { ByteRange } from '../types.ts';
import { type ConformanceContext, outcome, readText, sampleBytes, textBytes } from './api.ts';

export function testGets({ promise, expect }: ConformanceContext): void {
  promise('get and head of a key that does not exist fail with NotFound', async (store) => {
    await store.put('here/x', textBytes('one'));
    for (const key of ['x', 'here', 'here/x/y', 'here/xx']) {
      expect(await outcome(store.get(key))).toBe('NotFound');
      expect(await outcome(store.head(key))).toBe('NotFound');
    }
  });

  promise('an error carries the key', async (store) => {
    const error = await store.get('no/such/key').catch((reason: unknown) => reason);
    expect((error as { key?: string }).key).toBe('no/such/key');
  });

  const ranges: readonly [ByteRange, string, number][] = [
    [{ start: 0, end: 4 }, '0123', 0],
    [{ start: 3, end: 7 }, '3456', 3],
    [{ start: 9 }, '9', 9],
    [{ start: 0 }, '0123456789', 0],
    [{ start: 8, end: 100 }, '89', 8],
    [{ start: 10 }, '', 10],
    [{ start: 50, end: 60 }, '', 10],
    [{ start: 4, end: 4 }, '', 4],
    [{ suffix: 3 }, '789', 7],
    [{ suffix: 100 }, '0123456789', 0],
    [{ suffix: 0 }, '', 10],
  ];
  for (const [range, text, start] of ranges) {
    promise(`the range ${JSON.stringify(range)} of 10 bytes is "${text}"`, async (store) => {
      const { etag } = await store.put('x', textBytes('0123456789'), { attributes: { contentType: 'text/plain' } });
      const result = await store.get('x', { range });
      expect(result.range).toEqual({ start, end: start + text.length });
      expect([result.meta.size, result.meta.etag]).toEqual([10, etag]);
      expect(result.attributes.contentType).toBe('text/plain');
      expect(await result.text()).toBe(text);
    });
  }

  promise('any range of an empty object is empty', async (store) => {
    await store.put('x', new Uint8Array());
    for (const range of [{ start: 0 }, { start: 0, end: 5 }, { suffix: 5 }]) {
      const result = await store.get('x', { range });
      expect(result.range).toEqual({ start: 0, end: 0 });
      expect((await result.bytes()).length).toBe(0);
    }
  });

  promise('a range that is not made of whole numbers in order is refused with NotSupported', async (store) => {
    await store.put('x', textBytes('0123456789'));
    for (const range of [{ start: -1 }, { start: 0.5 }, { start: 5, end: 4 }, { suffix: -1 }, { suffix: Number.NaN }]) {
      expect(await outcome(store.get('x', { range }))).toBe('NotSupported');
    }
  });

  promise('a range of an object that does not exist fails with NotFound', async (store) => {
    expect(await outcome(store.get('x', { range: { start: 0, end: 1 } }))).toBe('NotFound');
    expect(await outcome(store.get('x', { range: { start: 4, end: 4 } }))).toBe('NotFound');
  });

  promise('the body is a web stream of the same bytes', async (store) => {
    const body = sampleBytes(700_001);
    await store.put('x', body);
    const result = await store.get('x');
    expect(result.body instanceof ReadableStream).toBe(true);
    let at = 0;
    let equal = true;
    for await (const chunk of result.body) {
      for (const byte of chunk) equal &&= byte === body[at++];
    }
    expect([at, equal]).toEqual([body.length, true]);
  });

  promise('the bytes returned belong to the caller', async (store) => {
    await store.put('x', textBytes('one'));
    (await (await store.get('x')).bytes()).fill(0);
    for await (const chunk of (await store.get('x')).body) chunk.fill(0);
    expect(await readText(store, 'x')).toBe('one');
  });

  promise('a body can be read once', async (store) => {
    await store.put('x', textBytes('one'));
    const result = await store.get('x');
    expect(await result.text()).toBe('one');
    expect(await outcome(result.bytes())).toBe('NotSupported');
  });

  promise('a hundred bodies that are cancelled unread leave the store usable', async (store) => {
    await store.put('x', sampleBytes(1_000_000));
    for (let i = 0; i < 100; i++) await (await store.get('x')).body.cancel();
    expect((await (await store.get('x')).bytes()).length).toBe(1_000_000);
  });

  promise('a body that is being read keeps its version when the object is replaced', async (store) => {
    const body = sampleBytes(400_000);
    await store.put('x', body);
    const result = await store.get('x');
    const reader = result.body.getReader();
    const received: Uint8Array[] = [];
    const first = await reader.read();
    if (first.value !== undefined) received.push(first.value);
    await store.put('x', new Uint8Array(400_000));
    for (let next = await reader.read(); !next.done; next = await reader.read()) received.push(next.value);
    const bytes = received.flatMap((chunk) => [...chunk]);
    expect(bytes.length).toBe(body.length);
    expect(bytes.every((byte, index) => byte === body[index])).toBe(true);
  });
}
