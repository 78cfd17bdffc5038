import { type ConformanceContext, outcome, readText, sampleBytes, textBytes } from './api.ts';

export function testDeadlines({ promise, expect }: ConformanceContext): void {
  promise('a call whose timeoutMs has passed fails with Timeout', async (store) => {
    await store.put('x', sampleBytes(2_000_000));
    const signal = AbortSignal.timeout(0);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    expect(await outcome(store.put('x', textBytes('two'), { signal }))).toBe('Timeout');
    expect(await outcome(store.get('x', { signal }))).toBe('Timeout');
    expect(await outcome(store.head('x', { signal }))).toBe('Timeout');
    expect(await outcome(store.delete('x', { signal }))).toBe('Timeout');
    expect(await outcome(store.list({ signal })[Symbol.asyncIterator]().next())).toBe('Timeout');
    expect((await store.head('x')).size).toBe(2_000_000);
  });

  promise('a body that is not read within timeoutMs ends with Timeout', async (store) => {
    await store.put('x', sampleBytes(3_000_000));
    const result = await store.get('x', { timeoutMs: 1_000 });
    const reader = result.body.getReader();
    await reader.read();
    const late = AbortSignal.timeout(1_020);
    await new Promise((resolve) => late.addEventListener('abort', resolve, { once: true }));
    expect(await outcome(reader.read())).toBe('Timeout');
  });

  promise('a call within its timeoutMs is not disturbed', async (store) => {
    await store.put('x', textBytes('one'), { timeoutMs: 60_000 });
    const { signal } = new AbortController();
    expect(await (await store.get('x', { timeoutMs: 60_000, signal })).text()).toBe('one');
    for await (const { key } of store.list({ timeoutMs: 60_000 })) expect(key).toBe('x');
    await store.head('x', { timeoutMs: 60_000 });
    await store.delete('x', { timeoutMs: 60_000 });
  });

  promise('a timeoutMs that no timer can hold is refused with NotSupported', async (store) => {
    await store.put('x', textBytes('one'));
    for (const timeoutMs of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      expect(await outcome(store.put('x', textBytes('two'), { timeoutMs }))).toBe('NotSupported');
      expect(await outcome(store.get('x', { timeoutMs }))).toBe('NotSupported');
    }
    expect(await readText(store, 'x')).toBe('one');
  });
}
