import { describe, expect, it } from 'vitest';
import { listKeys } from './conformance/api.ts';
import { createMemoryStore } from './memory.ts';
import { withPrefix } from './prefix.ts';

const bytes = new TextEncoder().encode('x');

describe('withPrefix', () => {
  it('stores under the prefix and shows only what is there', async () => {
    const store = createMemoryStore();
    await store.put('liver', bytes);
    const live = withPrefix(store, 'live/');
    await live.put('manifest.json', bytes);
    expect((await store.head('live/manifest.json')).size).toBe(1);
    expect(await listKeys(live)).toEqual(['manifest.json']);
    await expect(live.get('../liver')).rejects.toMatchObject({ code: 'InvalidPath' });
    expect(live.name).toBe('memory/live');
  });

  it('gives errors the key that the caller used', async () => {
    const live = withPrefix(createMemoryStore(), 'live');
    await expect(live.get('x')).rejects.toMatchObject({ code: 'NotFound', key: 'x' });
  });

  it('counts towards the 1024 bytes of a key', async () => {
    const live = withPrefix(createMemoryStore(), 'live');
    await expect(live.put('x'.repeat(1020), bytes)).rejects.toMatchObject({ code: 'InvalidPath' });
  });

  it('refuses a prefix that is not a key', () => {
    expect(() => withPrefix(createMemoryStore(), '../up')).toThrow('has a ".." segment');
  });
});
