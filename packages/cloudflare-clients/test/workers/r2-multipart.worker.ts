import { isObjectStoreError, type StreamBody } from '@bucket-radio/object-store';
import type { R2Bucket } from '@cloudflare/workers-types';
import { R2ObjectStore, type R2ObjectStoreOptions } from '../../src/index.ts';
import { type Fault, flakyBucket } from '../flaky-bucket.ts';
import { sampleBytes, sha256, streamOf } from '../streams.ts';
import { type Bindings, expect, failureOf, serveCases, type WorkerCase } from '../worker-suite.ts';

const MIB = 1024 ** 2;
const cases: WorkerCase[] = [];
const quick: R2ObjectStoreOptions = { sleep: async () => {}, maxBufferedBytes: 5 * MIB };

function test(title: string, run: (bucket: R2Bucket) => Promise<void>): void {
  cases.push({
    title,
    async run({ BUCKET }: Bindings) {
      for (const { key } of (await BUCKET.list()).objects) await BUCKET.delete(key);
      await run(BUCKET);
    },
  });
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  const error = await failureOf(call);
  return isObjectStoreError(error) ? error.code : `not an ObjectStoreError: ${error}`;
}

/** A part's body that is read from one buffer, used again for every chunk. */
function recycled(bytes: Uint8Array): StreamBody {
  return {
    size: bytes.length,
    async *chunks() {
      const buffer = new Uint8Array(30_000);
      for (let at = 0; at < bytes.length; at += buffer.length) {
        const chunk = bytes.subarray(at, at + buffer.length);
        buffer.set(chunk);
        yield buffer.subarray(0, chunk.length);
      }
    },
  };
}

async function storedHash(bucket: R2Bucket, key: string): Promise<string> {
  return sha256((await (await bucket.get(key))?.arrayBuffer()) ?? new ArrayBuffer());
}

test('parts put in any order and at the same time become one object with its attributes', async (bucket) => {
  const store = new R2ObjectStore(bucket);
  const body = sampleBytes(10 * MIB + 1_000);
  const attributes = { contentType: 'audio/flac', metadata: { station: 'one' } };
  const upload = await store.createMultipart('a/big', { attributes });
  const parts = await Promise.all(
    [3, 1, 2].map(async (partNumber) => {
      const bytes = body.subarray((partNumber - 1) * 5 * MIB, partNumber * 5 * MIB);
      const part = await store.putPart(upload, partNumber, partNumber === 2 ? recycled(bytes) : bytes);
      expect([part.partNumber, part.size]).toEqual([partNumber, bytes.length]);
      return part;
    }),
  );
  expect(await codeOf(store.head('a/big'))).toBe('NotFound');
  const { etag } = await store.completeMultipart(upload, parts);
  const head = await store.head('a/big');
  expect([head.size, head.etag, head.attributes]).toEqual([body.length, etag, attributes]);
  expect(await storedHash(bucket, 'a/big')).toBe(await sha256(body));
});

test('a part put again replaces the first one', async (bucket) => {
  const store = new R2ObjectStore(bucket);
  const upload = await store.createMultipart('x');
  await store.putPart(upload, 1, text('first'));
  const part = await store.putPart(upload, 1, text('second one'));
  await store.completeMultipart(upload, [part]);
  expect(await (await store.get('x')).text()).toBe('second one');
});

test('an aborted upload leaves nothing, and its abort may be repeated', async (bucket) => {
  const store = new R2ObjectStore(bucket);
  await store.put('x', text('before'));
  const upload = await store.createMultipart('x');
  const part = await store.putPart(upload, 1, text('one'));
  await store.abortMultipart(upload);
  await store.abortMultipart(upload);
  expect(await codeOf(store.putPart(upload, 2, text('two')))).toBe('NotFound');
  expect(await codeOf(store.completeMultipart(upload, [part]))).toBe('NotFound');
  expect(await (await store.get('x')).text()).toBe('before');
});

test('an upload that never was fails with NotFound', async (bucket) => {
  const store = new R2ObjectStore(bucket);
  for (const uploadId of ['', '../../x', 'no-such-upload', '00000000-0000-0000-0000-000000000000']) {
    expect(await codeOf(store.putPart({ key: 'x', uploadId }, 1, text('one')))).toBe('NotFound');
  }
});

test('a part with another checksum fails with ChecksumMismatch and is not stored', async (bucket) => {
  const flaky = flakyBucket(bucket, []);
  const store = new R2ObjectStore(flaky.bucket);
  const upload = await store.createMultipart('x');
  const body = sampleBytes(100_000);
  const wrong = { checksum: { sha256: await sha256(text('other')) } };
  expect(await codeOf(store.putPart(upload, 1, body, wrong))).toBe('ChecksumMismatch');
  expect(await codeOf(store.putPart(upload, 1, recycled(body), wrong))).toBe('ChecksumMismatch');
  expect(flaky.calls.filter((name) => name === 'upload.uploadPart')).toEqual([]);
  const part = await store.putPart(upload, 1, recycled(body), { checksum: { sha256: await sha256(body) } });
  await store.completeMultipart(upload, [part]);
  expect(await storedHash(bucket, 'x')).toBe(await sha256(body));
});

test('a body of another size than it says stores no part, and its own error is passed on', async (bucket) => {
  const flaky = flakyBucket(bucket, []);
  const store = new R2ObjectStore(flaky.bucket);
  const upload = await store.createMultipart('x');
  const mine = new Error('my own');
  const bodyOf = (size: number, end: () => void): StreamBody => ({
    size,
    async *chunks() {
      yield text('one');
      end();
    },
  });
  expect(
    await codeOf(
      store.putPart(
        upload,
        1,
        bodyOf(10, () => {}),
      ),
    ),
  ).toBe('NotSupported');
  expect(
    await codeOf(
      store.putPart(
        upload,
        1,
        bodyOf(2, () => {}),
      ),
    ),
  ).toBe('NotSupported');
  const broken = bodyOf(10, () => {
    throw mine;
  });
  expect((await failureOf(store.putPart(upload, 1, broken))) === mine).toBe(true);
  expect(flaky.calls.filter((name) => name === 'upload.uploadPart')).toEqual([]);
});

test('nothing is asked with an aborted signal', async (bucket) => {
  const flaky = flakyBucket(bucket, []);
  const store = new R2ObjectStore(flaky.bucket);
  const upload = { key: 'x', uploadId: 'any' };
  const signal = AbortSignal.abort();
  for (const call of [
    store.createMultipart('y', { signal }),
    store.putPart(upload, 1, text('one'), { signal }),
    store.copyPart(upload, 1, { key: 'z' }, { signal }),
    store.completeMultipart(upload, [{ partNumber: 1, etag: 'e' }], { signal }),
    store.abortMultipart(upload, { signal }),
    store.putStream('y', streamOf(text('one'), 1), { signal }),
  ]) {
    expect(await codeOf(call)).toBe('Aborted');
  }
  expect(flaky.calls).toEqual([]);
});

test('listing parts or uploads says that the binding cannot, and what to do', async (bucket) => {
  const store = new R2ObjectStore(bucket);
  for (const list of [store.listParts({ key: 'x', uploadId: 'any' }), store.listMultiparts()]) {
    const error = await failureOf(list[Symbol.asyncIterator]().next());
    expect(isObjectStoreError(error, 'NotSupported')).toBe(true);
    expect(error.message).toContain('keep what createMultipart and putPart return');
  }
});

test('parts that are too small, of unequal size or too large are refused with what is allowed', async (bucket) => {
  const store = new R2ObjectStore(bucket);
  for (const sizes of [
    [100, 100],
    [5 * MIB, 6 * MIB, 1],
  ]) {
    const upload = await store.createMultipart('x');
    const parts = [];
    for (const [index, size] of sizes.entries()) {
      parts.push(await store.putPart(upload, index + 1, new Uint8Array(size)));
    }
    const error = await failureOf(store.completeMultipart(upload, parts));
    expect([isObjectStoreError(error, 'NotSupported'), sizes]).toEqual([true, sizes]);
    expect(error.message).toContain('one size of at least 5 MiB');
  }
  const body: StreamBody = { size: 65 * MIB, chunks: () => recycled(new Uint8Array()).chunks() };
  expect(await codeOf(store.putPart(await store.createMultipart('x'), 1, body))).toBe('NotSupported');
});

for (const [size, parts] of [
  [0, 0],
  [5 * MIB, 0],
  [5 * MIB + 1, 2],
  [12 * MIB, 3],
] as const) {
  test(`putStream stores ${size} bytes of unknown length in ${parts} parts`, async (bucket) => {
    const flaky = flakyBucket(bucket, []);
    const body = sampleBytes(size);
    const attributes = { contentType: 'audio/flac', metadata: { a: 'b' } };
    const store = new R2ObjectStore(flaky.bucket, quick);
    const stored = await store.putStream('x', streamOf(body, 700_001), { attributes });
    const head = await store.head('x');
    expect([stored.size, head.size, head.etag, head.attributes]).toEqual([size, size, stored.etag, attributes]);
    expect(flaky.calls.filter((name) => name === 'upload.uploadPart').length).toBe(parts);
    expect(await storedHash(bucket, 'x')).toBe(await sha256(body));
  });
}

test('putStream takes no more of a stream than one block ahead of what R2 has', async (bucket) => {
  let [produced, stored, mostHeld] = [0, 0, 0];
  const counting = new Proxy(bucket, {
    get: (target, name) =>
      name !== 'createMultipartUpload'
        ? Reflect.get(target, name).bind(target)
        : async (key: string) => {
            const upload = await target.createMultipartUpload(key);
            return new Proxy(upload, {
              get(real, method) {
                const member: unknown = Reflect.get(real, method);
                if (typeof member !== 'function') return member;
                if (method !== 'uploadPart') return member.bind(real);
                return async (number: number, bytes: Uint8Array) => {
                  const part = await real.uploadPart(number, bytes);
                  stored += bytes.length;
                  return part;
                };
              },
            });
          },
  });
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (produced === 32 * MIB) return controller.close();
      controller.enqueue(new Uint8Array(MIB));
      produced += MIB;
      mostHeld = Math.max(mostHeld, produced - stored);
    },
  });
  await new R2ObjectStore(counting, quick).putStream('x', body);
  expect([stored, (await bucket.head('x'))?.size]).toEqual([32 * MIB, 32 * MIB]);
  // A block of 5 MiB, the chunk that showed that it is not the last one, and one that the stream has ready.
  expect(mostHeld <= 7 * MIB).toBe(true);
});

test('putStream stores every byte although every step fails once', async (bucket) => {
  const faults = ['createMultipartUpload', 'upload.uploadPart', 'upload.uploadPart', 'upload.complete'];
  const flaky = flakyBucket(bucket, [
    ...faults.map((method) => ({ method })),
    { method: 'upload.complete', after: true },
  ]);
  const body = sampleBytes(12 * MIB);
  await new R2ObjectStore(flaky.bucket, quick).putStream('x', streamOf(body, MIB));
  expect(await storedHash(bucket, 'x')).toBe(await sha256(body));
});

test("putStream passes the stream's own error on, and leaves nothing", async (bucket) => {
  for (const failAt of [0, 8 * MIB]) {
    const flaky = flakyBucket(bucket, []);
    const store = new R2ObjectStore(flaky.bucket, quick);
    const error = await failureOf(store.putStream('x', streamOf(sampleBytes(12 * MIB), MIB, failAt)));
    expect([error.message, isObjectStoreError(error)]).toEqual(['the source broke', false]);
    expect(flaky.calls.at(-1)).toBe(failAt === 0 ? undefined : 'upload.abort');
  }
  expect(await bucket.head('x')).toBe(null);
});

test('putStream ends with Aborted while it waits for a stream, and cancels it', async (bucket) => {
  const flaky = flakyBucket(bucket, []);
  const controller = new AbortController();
  const cancelled = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    start(stream) {
      for (let i = 0; i < 6; i++) stream.enqueue(new Uint8Array(MIB));
    },
    // From here on it has nothing more to give.
    pull: () => controller.abort(),
    cancel: () => cancelled.resolve(),
  });
  const store = new R2ObjectStore(flaky.bucket, quick);
  expect(await codeOf(store.putStream('x', body, { signal: controller.signal }))).toBe('Aborted');
  await cancelled.promise;
  while (!flaky.calls.includes('upload.abort')) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await bucket.head('x')).toBe(null);
});

const lost = (method: string): Fault => ({ method, after: true });

test('a conditional put that is refused after a lost answer is Ambiguous', async (bucket) => {
  const created = new R2ObjectStore(flakyBucket(bucket, [lost('put')]).bucket, quick);
  expect(await codeOf(created.put('x', text('one'), { mode: 'create' }))).toBe('Ambiguous');
  const { etag } = await new R2ObjectStore(bucket).head('x');
  const updated = new R2ObjectStore(flakyBucket(bucket, [lost('put')]).bucket, quick);
  expect(await codeOf(updated.put('x', text('two'), { mode: { update: { etag } } }))).toBe('Ambiguous');
  expect(await (await new R2ObjectStore(bucket).get('x')).text()).toBe('two');
});

test('a complete whose answer was lost succeeds, or is Ambiguous when the object is not to be seen', async (bucket) => {
  const store = new R2ObjectStore(flakyBucket(bucket, [lost('upload.complete')]).bucket, quick);
  const upload = await store.createMultipart('x');
  const part = await store.putPart(upload, 1, text('one'));
  const { etag } = await store.completeMultipart(upload, [part]);
  expect((await store.head('x')).etag).toBe(etag);

  const flaky = flakyBucket(bucket, [{ method: 'upload.complete' }]);
  const other = new R2ObjectStore(flaky.bucket, quick);
  const gone = await other.createMultipart('y');
  const partOfGone = await other.putPart(gone, 1, text('two'));
  await other.abortMultipart(gone);
  expect(await codeOf(other.completeMultipart(gone, [partOfGone]))).toBe('Ambiguous');
});

for (const [what, message, code] of [
  ['an internal error', undefined, 'Unavailable'],
  ['a throttle', 'put: Reduce your concurrent request rate for the same object. (10058)', 'Throttled'],
  ['a timeout', 'The operation timed out', 'Timeout'],
  ['a lock rule', 'put: The object is locked by the bucket policy. (10069)', 'PermissionDenied'],
  ['a missing right', '403 Forbidden', 'PermissionDenied'],
  ['a missing bucket', 'put: The specified bucket does not exist. (10006)', 'NotFound'],
  ['something new', 'put: Something new. (10999)', 'NotSupported'],
] as const) {
  test(`${what} that stays fails with ${code}, naming the key and what R2 says`, async (bucket) => {
    const faults = Array.from({ length: 9 }, () => ({ method: 'put', ...(message === undefined ? {} : { message }) }));
    const store = new R2ObjectStore(flakyBucket(bucket, faults).bucket, quick);
    const error = await failureOf(store.put('the/key', text('x')));
    expect(isObjectStoreError(error) ? [error.code, error.key] : error).toEqual([code, 'the/key']);
    expect(error.message).toContain('put "the/key": ');
    expect(error.message).toContain('R2 says: ');
  });
}

test('ETags that no object of R2 can have are compared, and never read as "*"', async (bucket) => {
  const store = new R2ObjectStore(bucket);
  await store.put('x', text('one'));
  for (const etag of ['"*"', '*', '""', '', 'W/"abc"', '"a", "b"']) {
    expect(await codeOf(store.get('x', { ifMatch: etag }))).toBe('PreconditionFailed');
    expect(await (await store.get('x', { ifNoneMatch: etag })).text()).toBe('one');
    expect(await codeOf(store.put('x', text('two'), { mode: { update: { etag } } }))).toBe('PreconditionFailed');
  }
  expect(await (await store.get('x')).text()).toBe('one');
});

test('a copy keeps what R2 knows of its source beyond the contract', async (bucket) => {
  await bucket.put('from', 'x', { httpMetadata: { contentLanguage: 'de' }, customMetadata: { Upper: 'ü' } });
  await new R2ObjectStore(bucket).copy('from', 'to');
  const copied = await bucket.head('to');
  expect([copied?.httpMetadata?.contentLanguage, copied?.customMetadata]).toEqual(['de', { Upper: 'ü' }]);
});

test('names that are no keys of the contract are left out of lists', async (bucket) => {
  for (const key of ['folder/', 'folder/x', '/a', 'b//c']) await bucket.put(key, 'x');
  const keys: string[] = [];
  for await (const { key } of new R2ObjectStore(bucket).list()) keys.push(key);
  expect(keys).toEqual(['folder/x']);
});

export const handler: ReturnType<typeof serveCases> = serveCases(cases);
