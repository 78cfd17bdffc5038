import type { KVNamespace } from '@cloudflare/workers-types';
import { describe, expect, it, vi } from 'vitest';
import { KVClient } from './client.ts';

describe('KVClient with mocks', () => {
  const mock = (methods: Record<string, unknown>): KVNamespace => methods as unknown as KVNamespace;

  it('tries again after 429 and 5xx, from 500 ms on', async () => {
    const waited: number[] = [];
    const put = vi
      .fn()
      .mockRejectedValueOnce(new Error('KV PUT failed: 429 Too Many Requests'))
      .mockRejectedValueOnce(new Error('KV PUT failed: 503 Service Unavailable'));
    const kv = new KVClient(mock({ put }), { jitter: false, sleep: async (delayMs) => void waited.push(delayMs) });
    await kv.put('key', 'value');
    expect([put.mock.calls.length, waited]).toEqual([3, [500, 1_000]]);
  });

  it('throws at once what will not pass', async () => {
    const error = new Error('KV GET failed: 403 Forbidden');
    const get = vi.fn().mockRejectedValue(error);
    await expect(new KVClient(mock({ get })).get('key')).rejects.toBe(error);
    expect(get).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['an empty key', '', 'x', undefined, 'InvalidKey', 'is empty'],
    ['the key "."', '.', 'x', undefined, 'InvalidKey', '"." or ".."'],
    ['a key of 513 bytes', `${'é'.repeat(256)}x`, 'x', undefined, 'InvalidKey', 'has 513 bytes; KV takes at most 512'],
    ['half a character', '\ud800', 'x', undefined, 'InvalidKey', 'surrogate'],
    [
      'a value of 25 MiB and a byte',
      'k',
      'x'.repeat(25 * 1024 ** 2 + 1),
      undefined,
      'InvalidValue',
      '26214400 (25 MiB)',
    ],
    ['a TTL of 59 seconds', 'k', 'x', 59, 'InvalidExpiry', 'whole seconds from 60'],
    ['a TTL of 60.5 seconds', 'k', 'x', 60.5, 'InvalidExpiry', 'is 60.5'],
  ])('refuses %s without a call', async (_, key, value, ttl, code, message) => {
    const put = vi.fn();
    await expect(new KVClient(mock({ put })).put(key, value, ttl)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(put).not.toHaveBeenCalled();
  });

  it('takes the largest key, value and metadata', async () => {
    const put = vi.fn();
    const kv = new KVClient(mock({ put }));
    await kv.put('x'.repeat(512), 'x'.repeat(25 * 1024 ** 2), 60, 'x'.repeat(1022));
    expect(put).toHaveBeenCalledTimes(1);
    await expect(kv.put('x', 'x', 60, 'x'.repeat(1023))).rejects.toMatchObject({ code: 'InvalidValue' });
  });

  it('does not hold more than maxListKeys of a listing', async () => {
    const keys = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
    const list = vi.fn().mockResolvedValue({ list_complete: true, keys });
    expect(await new KVClient(mock({ list }), { maxListKeys: 3 }).list()).toEqual(['a', 'b', 'c']);
    await expect(new KVClient(mock({ list }), { maxListKeys: 2 }).list()).rejects.toMatchObject({
      code: 'TooManyKeys',
    });
  });
});
