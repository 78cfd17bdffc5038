import { R2Service } from '@bucket-radio/cloudflare-clients';
import type { R2Bucket } from '@cloudflare/workers-types';
import { expect, it, vi } from 'vitest';
import { deleteBelow } from './bulk-delete.ts';
import { streamingUrl } from './streaming-url.ts';

/** Only the methods that a test needs. */
function mockBucket(methods: Partial<Record<keyof R2Bucket, unknown>>): R2Bucket {
  return methods as unknown as R2Bucket;
}

it('an upload goes on after a failure that passes', async () => {
  const put = vi
    .fn()
    .mockRejectedValueOnce(new Error('503 Service Unavailable'))
    .mockResolvedValueOnce({ key: 'x', uploaded: new Date(0) });
  const r2 = new R2Service(mockBucket({ put }), { baseDelayMs: 0 });
  expect((await r2.put('x', 'data')).uploadedDate).toEqual(new Date(0));
  expect(put).toHaveBeenCalledTimes(2);
});

it('an upload that cannot succeed is given up after maxRetries', async () => {
  const put = vi.fn().mockRejectedValue(new Error('500 Server Error'));
  const r2 = new R2Service(mockBucket({ put }), { maxRetries: 2, baseDelayMs: 10 });
  await expect(r2.put('key', 'data')).rejects.toThrow('500 Server Error');
  expect(put).toHaveBeenCalledTimes(3);
});

it('everything below a prefix is deleted, over several pages', async () => {
  const page = (keys: string[], cursor?: string): object => ({
    objects: keys.map((key) => ({ key, uploaded: new Date() })),
    delimitedPrefixes: [],
    truncated: cursor !== undefined,
    cursor,
  });
  const list = vi
    .fn()
    .mockResolvedValueOnce(page(['t/1', 't/2'], 'next'))
    .mockResolvedValueOnce(page(['t/3']));
  const remove = vi.fn().mockResolvedValue(undefined);
  expect(await deleteBelow(new R2Service(mockBucket({ list, delete: remove })), 't/')).toBe(3);
  expect(list.mock.calls[1]?.[0]).toMatchObject({ prefix: 't/', cursor: 'next' });
  expect(remove.mock.calls.map(([key]) => key)).toEqual(['t/1', 't/2', 't/3']);
});

it('a streaming URL needs no bucket, only credentials', async () => {
  const signing = { accountId: 'abc', accessKeyId: 'id', secretAccessKey: 'secret', bucketName: 'media' };
  const r2 = new R2Service(mockBucket({}), {}, signing);
  const response = await streamingUrl(r2, { r2Key: 'hls/master.m3u8', contentType: 'application/vnd.apple.mpegurl' });
  const { streamingUrl: url, expiresAt } = (await response.json()) as { streamingUrl: string; expiresAt: string };
  expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('3600');
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
  expect((await streamingUrl(r2, undefined)).status).toBe(404);
});
