import type { R2Bucket } from '@cloudflare/workers-types';
import { describe, expect, it, vi } from 'vitest';
import { R2Service } from './r2-service.ts';

/** A bucket of which only the methods given exist. */
function mockBucket(methods: Partial<Record<keyof R2Bucket, unknown>>): R2Bucket {
  return methods as unknown as R2Bucket;
}

const quick = { baseDelayMs: 0 };

describe('R2Service with mocks', () => {
  it('a bucket that always fails is asked maxRetries + 1 times', async () => {
    const put = vi.fn().mockRejectedValue(new Error('500 Server Error'));
    const service = new R2Service(mockBucket({ put }), { maxRetries: 2, baseDelayMs: 10 });
    await expect(service.put('key', 'data')).rejects.toThrow('500 Server Error');
    expect(put).toHaveBeenCalledTimes(3);
  });

  it('is asked four times by default', async () => {
    const get = vi.fn().mockRejectedValue(new Error('503'));
    await expect(new R2Service(mockBucket({ get }), quick).get('key')).rejects.toThrow('503');
    expect(get).toHaveBeenCalledTimes(4);
  });

  it('404 is null from get and no error from delete, after one call', async () => {
    const get = vi.fn().mockRejectedValue(Object.assign(new Error('Not Found'), { status: 404 }));
    const remove = vi.fn().mockRejectedValue(new Error('404 Not Found'));
    const service = new R2Service(mockBucket({ get, delete: remove }), quick);
    expect(await service.get('key')).toBeNull();
    expect(await service.delete('key')).toBeUndefined();
    expect([get.mock.calls.length, remove.mock.calls.length]).toEqual([1, 1]);
  });

  it.each([
    ['403', new Error('403 Forbidden')],
    ['400', Object.assign(new Error('Bad Request'), { status: 400 })],
  ])('%s is thrown at once, unchanged', async (_, error) => {
    const get = vi.fn().mockRejectedValue(error);
    await expect(new R2Service(mockBucket({ get }), quick).get('key')).rejects.toBe(error);
    expect(get).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['empty', ''],
    ['longer than 1024 bytes', 'é'.repeat(513)],
    ['half a surrogate pair', 'a\ud800'],
  ])('a key that is %s is refused without a call', async (_, key) => {
    const call = vi.fn();
    const service = new R2Service(mockBucket({ put: call, get: call, delete: call, createMultipartUpload: call }));
    for (const refused of [
      service.put(key, 'x'),
      service.putJson(key, {}),
      service.get(key),
      service.delete(key),
      service.createMultipartUpload(key),
    ]) {
      await expect(refused).rejects.toMatchObject({ name: 'CloudflareClientError', code: 'InvalidKey', key });
    }
    expect(call).not.toHaveBeenCalled();
  });

  it('a complete is not taken for done when another object is at its key', async () => {
    const gone = new Error('completeMultipartUpload: The specified multipart upload does not exist. (10024)');
    const complete = vi.fn().mockRejectedValueOnce(new Error('500')).mockRejectedValue(gone);
    const createMultipartUpload = vi.fn().mockResolvedValue({ key: 'x', uploadId: 'u', complete });
    const found = { etag: 'abc-2', uploaded: new Date() };
    const head = vi.fn().mockResolvedValue(found);
    const service = new R2Service(mockBucket({ createMultipartUpload, head }), quick);
    const parts = [{ partNumber: 1, etag: 'e' }];
    const upload = await service.createMultipartUpload('x');
    await expect(upload.complete(parts)).rejects.toBe(gone);
    complete.mockReset().mockRejectedValueOnce(new Error('500')).mockRejectedValue(gone);
    head.mockResolvedValue({ etag: 'abc-1', uploaded: new Date(0) });
    await expect(upload.complete(parts)).rejects.toBe(gone);
    complete.mockReset().mockRejectedValue(gone);
    head.mockResolvedValue({ etag: 'abc-1', uploaded: new Date() });
    await expect(upload.complete(parts)).rejects.toBe(gone);
  });

  it('needs a signing configuration to sign', async () => {
    await expect(new R2Service(mockBucket({})).generateSignedUrl('key', 60)).rejects.toMatchObject({
      code: 'SigningConfigRequired',
      message: expect.stringContaining('signing config required'),
    });
  });
});
