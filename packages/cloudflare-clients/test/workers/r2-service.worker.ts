import type { R2Bucket, ReadableStream } from '@cloudflare/workers-types';
import { type R2Opts, R2Service } from '../../src/index.ts';
import { flakyBucket } from '../flaky-bucket.ts';
import { sampleBytes, sha256, streamOf } from '../streams.ts';
import { type Bindings, expect, failureOf, serveCases, type WorkerCase } from '../worker-suite.ts';

const MIB = 1024 ** 2;
const cases: WorkerCase[] = [];

function test(title: string, run: (bucket: R2Bucket) => Promise<void>): void {
  cases.push({
    title,
    async run({ BUCKET }: Bindings) {
      for (const { key } of (await BUCKET.list()).objects) await BUCKET.delete(key);
      await run(BUCKET);
    },
  });
}

/** Retries without waiting, with the smallest parts. */
const quick: R2Opts = { sleep: async () => {}, maxBufferedBytes: 5 * MIB };

test('put gives the object with the documented properties', async (bucket) => {
  const object = await new R2Service(bucket).put(
    'creator-123/videos/my-video.mp4',
    sampleBytes(1_000),
    { uploadedBy: 'mobile-app', version: '1.0' },
    {
      contentType: 'video/mp4',
      cacheControl: 'public, max-age=3600',
      contentDisposition: 'inline',
      contentEncoding: 'gzip',
    },
  );
  const { key, size, httpMetadata, customMetadata } = object;
  expect({ key, size }).toEqual({ key: 'creator-123/videos/my-video.mp4', size: 1_000 });
  expect(httpMetadata).toEqual({
    contentType: 'video/mp4',
    cacheControl: 'public, max-age=3600',
    contentDisposition: 'inline',
    contentEncoding: 'gzip',
  });
  expect(customMetadata).toEqual({ uploadedBy: 'mobile-app', version: '1.0' });
  expect(object.version.length > 0 && object.etag.length > 0).toBe(true);
  expect(object.uploadedDate.getTime()).toBe(object.uploaded.getTime());
});

test('put takes text, bytes, views, buffers, blobs and null', async (bucket) => {
  const r2 = new R2Service(bucket);
  const bytes = sampleBytes(100);
  const bodies = { text: 'héllo', view: bytes.subarray(10, 20), buffer: bytes.buffer, blob: new Blob(['blob']) };
  for (const [key, body] of Object.entries(bodies)) await r2.put(key, body as string);
  await r2.put('null', null);
  expect(await (await r2.get('text'))?.text()).toBe('héllo');
  expect([...((await (await r2.get('view'))?.bytes()) ?? [])]).toEqual([...bytes.subarray(10, 20)]);
  expect((await r2.get('buffer'))?.size).toBe(100);
  expect(await (await r2.get('blob'))?.text()).toBe('blob');
  expect((await r2.get('null'))?.size).toBe(0);
});

test('put replaces an object and keeps nothing of its metadata', async (bucket) => {
  const r2 = new R2Service(bucket);
  await r2.put('x', 'one', { a: '1' }, { contentType: 'text/plain' });
  await r2.put('x', 'two');
  const object = await r2.get('x');
  expect([await object?.text(), object?.customMetadata, object?.httpMetadata?.contentType]).toEqual([
    'two',
    {},
    undefined,
  ]);
});

test('putJson stores JSON with its content type and metadata', async (bucket) => {
  const r2 = new R2Service(bucket);
  await r2.putJson('manifests/media-456.json', { segments: ['a', 'b'], duration: 3600 }, { creator: 'user-123' });
  const object = await r2.get('manifests/media-456.json');
  expect(object?.httpMetadata?.contentType).toBe('application/json');
  expect(object?.customMetadata).toEqual({ creator: 'user-123' });
  expect(await object?.json()).toEqual({ segments: ['a', 'b'], duration: 3600 });
});

test('putJson refuses what JSON cannot hold, and stores nothing', async (bucket) => {
  const r2 = new R2Service(bucket);
  const loop: { self?: unknown } = {};
  loop.self = loop;
  for (const value of [undefined, loop, 1n, () => {}]) {
    expect((await failureOf(r2.putJson('x', value))).code).toBe('InvalidValue');
  }
  expect(await r2.get('x')).toBe(null);
});

test('get gives null for a key that does not exist', async (bucket) => {
  expect(await new R2Service(bucket).get('nothing')).toBe(null);
});

test('get gives a body that can be streamed, or read by text()', async (bucket) => {
  const r2 = new R2Service(bucket);
  await r2.put('x', 'hello');
  const streamed = await r2.get('x');
  expect(await new Response(streamed?.body as unknown as globalThis.ReadableStream).text()).toBe('hello');
  expect(await (await r2.get('x'))?.body.text()).toBe('hello');
});

test('delete removes an object, and a key that does not exist is no error', async (bucket) => {
  const r2 = new R2Service(bucket);
  await r2.put('x', 'y');
  await r2.delete('x');
  await r2.delete('x');
  expect(await r2.get('x')).toBe(null);
});

test('list pages through a prefix by cursor', async (bucket) => {
  const r2 = new R2Service(bucket);
  for (let i = 0; i < 7; i++) await r2.put(`creator-123/videos/${i}`, 'x');
  await r2.put('other', 'x');
  const pages: number[] = [];
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await r2.list({
      prefix: 'creator-123/videos/',
      limit: 3,
      ...(cursor === undefined ? {} : { cursor }),
    });
    pages.push(page.objects.length);
    keys.push(...page.objects.map((object) => object.key));
    expect(page.isTruncated).toBe(page.truncated);
    expect(page.objects.every((object) => object.uploadedDate instanceof Date)).toBe(true);
    cursor = page.isTruncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  expect(pages).toEqual([3, 3, 1]);
  expect(keys).toEqual(Array.from({ length: 7 }, (_, i) => `creator-123/videos/${i}`));
});

test('list with a delimiter gives directories', async (bucket) => {
  const r2 = new R2Service(bucket);
  for (const key of ['c/audio/1', 'c/audio/2', 'c/videos/1', 'c/readme', 'd']) await r2.put(key, 'x');
  const page = await r2.list({ prefix: 'c/', delimiter: '/' });
  expect(page.delimitedPrefixes).toEqual(['c/audio/', 'c/videos/']);
  expect(page.objects.map(({ key }) => key)).toEqual(['c/readme']);
});

test('list gives everything without options', async (bucket) => {
  const r2 = new R2Service(bucket);
  await r2.put('x', 'y');
  expect((await r2.list()).objects.map(({ key }) => key)).toEqual(['x']);
});

test('a multipart upload joins its parts into an object with its metadata', async (bucket) => {
  const r2 = new R2Service(bucket);
  const bytes = sampleBytes(11 * MIB);
  const upload = await r2.createMultipartUpload('large.mp4', {
    httpMetadata: { contentType: 'video/mp4' },
    customMetadata: { uploadType: 'chunked' },
  });
  expect([upload.key, upload.uploadId.length > 0, upload.parts]).toEqual(['large.mp4', true, []]);
  const second = await upload.uploadPart(2, bytes.subarray(5 * MIB, 10 * MIB));
  const first = await upload.uploadPart(1, bytes.subarray(0, 5 * MIB));
  const third = await upload.uploadPart(3, bytes.subarray(10 * MIB));
  expect(upload.parts).toEqual([first, second, third]);
  const object = await upload.complete([first, second, third]);
  expect([object.size, object.httpMetadata?.contentType, object.customMetadata]).toEqual([
    11 * MIB,
    'video/mp4',
    { uploadType: 'chunked' },
  ]);
  expect(object.uploadedDate instanceof Date).toBe(true);
  expect(await sha256((await (await r2.get('large.mp4'))?.arrayBuffer()) ?? new ArrayBuffer())).toBe(
    await sha256(bytes),
  );
});

test('a multipart upload is resumed by key and upload ID, without asking R2', async (bucket) => {
  const { bucket: counted, calls } = flakyBucket(bucket, []);
  const { key, uploadId } = await new R2Service(bucket).createMultipartUpload('x');
  const resumed = new R2Service(counted).resumeMultipartUpload(key, uploadId);
  expect([resumed.key, resumed.uploadId, calls.filter((name) => name.startsWith('upload.'))]).toEqual([
    'x',
    uploadId,
    [],
  ]);
  const part = await new R2Service(bucket).resumeMultipartUpload(key, uploadId).uploadPart(1, 'hello');
  await new R2Service(bucket).resumeMultipartUpload(key, uploadId).complete([part]);
  expect(await (await new R2Service(bucket).get('x'))?.text()).toBe('hello');
});

test('an aborted multipart upload leaves nothing', async (bucket) => {
  const r2 = new R2Service(bucket);
  const upload = await r2.createMultipartUpload('x');
  const part = await upload.uploadPart(1, 'hello');
  await upload.abort();
  await failureOf(upload.complete([part]));
  expect(await r2.get('x')).toBe(null);
});

test('the binding alone refuses a stream of unknown length; put takes one', async (bucket) => {
  const bytes = sampleBytes(100_000);
  const refusal = await failureOf(bucket.put('x', streamOf<ReadableStream>(bytes, 10_000)));
  expect(refusal.message).toContain('length');
  await new R2Service(bucket).put('x', streamOf(bytes, 10_000), { kept: 'yes' });
  const object = await new R2Service(bucket).get('x');
  expect(object?.customMetadata).toEqual({ kept: 'yes' });
  expect(await sha256((await object?.arrayBuffer()) ?? new ArrayBuffer())).toBe(await sha256(bytes));
});

for (const [name, size, parts] of [
  ['empty', 0, 0],
  ['as long as maxBufferedBytes', 5 * MIB, 0],
  ['one byte longer than maxBufferedBytes', 5 * MIB + 1, 2],
  ['of several parts', 16 * MIB, 4],
] as const) {
  test(`put of a stream that is ${name} stores every byte in ${parts} parts`, async (bucket) => {
    const { bucket: counted, calls } = flakyBucket(bucket, []);
    const bytes = sampleBytes(size);
    const object = await new R2Service(counted, quick).put('x', streamOf(bytes, 700_001), { kept: 'yes' });
    expect([object.size, object.customMetadata]).toEqual([size, { kept: 'yes' }]);
    expect(calls.filter((name) => name === 'upload.uploadPart').length).toBe(parts);
    expect(calls.filter((name) => name === 'put').length).toBe(parts === 0 ? 1 : 0);
    const stored = (await (await bucket.get('x'))?.arrayBuffer()) ?? new ArrayBuffer();
    expect(await sha256(stored)).toBe(await sha256(bytes));
  });
}

test('a stream is stored whole although every step fails once', async (bucket) => {
  const faults = ['createMultipartUpload', 'upload.uploadPart', 'upload.uploadPart', 'upload.complete'];
  const flaky = flakyBucket(
    bucket,
    faults.map((method) => ({ method })),
  );
  const bytes = sampleBytes(12 * MIB);
  await new R2Service(flaky.bucket, quick).put('x', streamOf(bytes, 1_000_000));
  const stored = (await (await bucket.get('x'))?.arrayBuffer()) ?? new ArrayBuffer();
  expect(await sha256(stored)).toBe(await sha256(bytes));
});

test('a stream that fits into memory is sent again after a failure', async (bucket) => {
  const flaky = flakyBucket(bucket, [{ method: 'put' }, { method: 'put', after: true }]);
  await new R2Service(flaky.bucket, quick).put('x', streamOf(sampleBytes(10_000), 999));
  expect(flaky.calls).toEqual(['put', 'put', 'put']);
  expect((await bucket.get('x'))?.size).toBe(10_000);
});

test('a stream that breaks stores nothing and aborts its upload', async (bucket) => {
  const flaky = flakyBucket(bucket, []);
  const failure = await failureOf(
    new R2Service(flaky.bucket, quick).put('x', streamOf(sampleBytes(12 * MIB), MIB, 9 * MIB)),
  );
  expect(failure.message).toBe('the source broke');
  expect(flaky.calls.at(-1)).toBe('upload.abort');
  expect(await bucket.head('x')).toBe(null);
});

test('a part that is a long stream is refused with its limit', async (bucket) => {
  const upload = await new R2Service(bucket, quick).createMultipartUpload('x');
  const failure = await failureOf(upload.uploadPart(1, streamOf<ReadableStream>(sampleBytes(6 * MIB), MIB)));
  expect(failure.code).toBe('BodyTooLarge');
  expect(failure.message).toContain('5242880');
  const part = await upload.uploadPart(1, streamOf<ReadableStream>(sampleBytes(2 * MIB), MIB));
  expect((await upload.complete([part])).size).toBe(2 * MIB);
});

test('a complete whose answer was lost is found to have succeeded', async (bucket) => {
  const flaky = flakyBucket(bucket, [{ method: 'upload.complete', after: true }]);
  const upload = await new R2Service(flaky.bucket, quick).createMultipartUpload('x');
  const part = await upload.uploadPart(1, 'hello');
  expect((await upload.complete([part])).size).toBe(5);
  expect(flaky.calls.filter((name) => name === 'upload.complete').length).toBe(2);
});

test('what R2 itself refuses is thrown at once, in its own words', async (bucket) => {
  const flaky = flakyBucket(bucket, []);
  const r2 = new R2Service(flaky.bucket, quick);
  const tooMuch = await failureOf(r2.put('x', 'y', { a: 'b'.repeat(10_000) }));
  expect(tooMuch.message).toContain('(10012)');
  expect(flaky.calls).toEqual(['put']);
});

test('every method is tried again after an internal error, a 429 and a timeout', async (bucket) => {
  const passing = [undefined, '429 Too Many Requests', 'The operation timed out'];
  for (const method of ['put', 'get', 'delete', 'list', 'createMultipartUpload']) {
    const flaky = flakyBucket(
      bucket,
      passing.map((message) => ({ method, ...(message === undefined ? {} : { message }) })),
    );
    const r2 = new R2Service(flaky.bucket, quick);
    const calls: Record<string, () => Promise<unknown>> = {
      put: () => r2.put('x', 'y'),
      get: () => r2.get('x'),
      delete: () => r2.delete('x'),
      list: () => r2.list(),
      createMultipartUpload: () => r2.createMultipartUpload('x'),
    };
    await calls[method]?.();
    expect([method, flaky.calls]).toEqual([method, Array.from({ length: 4 }, () => method)]);
  }
});

test('a URL is signed inside a Worker', async (bucket) => {
  const signingConfig = { accountId: 'a1b2', accessKeyId: 'id', secretAccessKey: 'secret', bucketName: 'media' };
  const url = await new R2Service(bucket, {}, signingConfig).generateSignedUrl('a/b c.m3u8', 3600);
  expect(url).toContain('https://a1b2.r2.cloudflarestorage.com/media/a/b%20c.m3u8?');
  expect(new URL(url).searchParams.get('X-Amz-Signature')?.length).toBe(64);
});

export const handler: ReturnType<typeof serveCases> = serveCases(cases);
