import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { FullObjectStore } from '@bucket-radio/object-store';
import { createS3Store } from '@bucket-radio/object-store-s3';
import { serviceOrSkip } from '@bucket-radio/testing';
import { createUploader } from '@bucket-radio/uploader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProofBucket, type ProofBucket } from './proof-bucket.ts';

const MIB = 1024 ** 2;
const s3 = serviceOrSkip('s3');

describe.skipIf(!s3.available)('uploads to a real server', () => {
  let bucket: ProofBucket;
  let store: FullObjectStore;

  beforeAll(async () => {
    bucket = await openProofBucket();
    store = bucket.store;
  });

  afterAll(async () => {
    await bucket?.close();
  });

  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  async function fileOf(bytes: Uint8Array, name: string): Promise<string> {
    const path = join(bucket.directory, name);
    await writeFile(path, bytes);
    return path;
  }

  it('a file, a buffer and a stream of unknown length arrive whole, and are read back', async () => {
    const bytes = randomBytes(17 * MIB + 12_345);
    const uploader = createUploader(store);
    const sources = [
      await fileOf(bytes, 'whole.flac'),
      bytes,
      Readable.from([bytes.subarray(0, 9 * MIB), bytes.subarray(9 * MIB)]),
    ];
    for (const source of sources) {
      const result = await uploader.upload(source, 'whole.flac', { verify: 'read' }).result;
      expect(result).toMatchObject({ size: bytes.length, parts: 4 });
      expect((await store.head('whole.flac')).attributes.contentType).toBe('audio/flac');
      expect(await bucket.sha256Of('whole.flac')).toBe(digest(bytes));
      await store.delete('whole.flac');
    }
    expect(await bucket.uploadsLeft()).toBe(0);
  });

  it('a stream that outgrows one upload is joined by the server', async () => {
    const bytes = randomBytes(42 * MIB);
    for (const equalParts of [false, true]) {
      const { capabilities } = store;
      const small = {
        ...store,
        capabilities: { ...capabilities, multipart: { ...capabilities.multipart, maxParts: 4, equalParts } },
      };
      const uploader = createUploader(small, { copyPartBytes: 20 * MIB });
      const result = await uploader.upload(Readable.from([bytes]), 'long', { verify: 'read' }).result;
      expect(result.size).toBe(bytes.length);
      const keys: string[] = [];
      for await (const { key } of store.list()) keys.push(key);
      expect(keys).toEqual(['long']);
    }
    await store.delete('long');
  });

  it('an object is copied with its metadata, whole or in parts', async () => {
    const bytes = randomBytes(12 * MIB);
    const attributes = { contentType: 'audio/flac', metadata: { station: 'one' } };
    await store.put('from', bytes, { attributes });
    for (const copyPartBytes of [5 * MIB, 1024 * MIB]) {
      await createUploader(store, { copyPartBytes }).copyObject('from', 'to');
      expect(await bucket.sha256Of('to')).toBe(digest(bytes));
      expect((await store.head('to')).attributes.metadata).toMatchObject({ station: 'one' });
    }
    await store.delete('from');
    await store.delete('to');
  });

  it('wrong buckets and wrong secrets fail with their own codes', async () => {
    const cases = [
      [{ bucket: `no-such-bucket-${randomBytes(6).toString('hex')}` }, 'NotFound'],
      [{ secretAccessKey: 'wrong' }, 'Unauthenticated'],
    ] as const;
    for (const [changes, code] of cases) {
      const wrong = createS3Store({ ...bucket.settings, ...changes });
      for (const size of [10, 6 * MIB]) {
        await expect(createUploader(wrong).upload(randomBytes(size), 'x').result).rejects.toMatchObject({ code });
      }
      wrong.close();
    }
  });
});
