import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  aes256Gcm,
  createHybridBuffer,
  type HybridBuffer,
  type StorageFactory,
  s3,
  zstd,
} from '@bucket-radio/hybrid-buffer';
import { createS3Store } from '@bucket-radio/object-store-s3';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestBucket, s3SettingsOf, type TestBucket } from './bucket.ts';

const MIB = 1024 ** 2;
/** What the README says a buffer needs. */
const RIGHTS = [
  's3:PutObject',
  's3:GetObject',
  's3:DeleteObject',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
];
const WAYS = [
  ['a store', 0],
  ["the SDK's client", 1],
] as const;
const OTHER_RIGHTS = [
  's3:ListBucket',
  's3:ListBucketVersions',
  's3:ListBucketMultipartUploads',
  's3:GetBucketLocation',
  's3:GetBucketAcl',
  's3:GetObjectAcl',
  's3:PutObjectAcl',
  's3:GetObjectVersion',
  's3:DeleteObjectVersion',
  's3:GetObjectTagging',
  's3:PutObjectTagging',
  's3:DeleteObjectTagging',
  's3:RestoreObject',
];

describe.skipIf(!serviceOrSkip('s3').available)('a bucket on a real server', () => {
  let bucket: TestBucket;

  beforeAll(async () => {
    bucket = await openTestBucket();
  });

  afterAll(() => bucket?.close());

  const ways = (): [string, StorageFactory][] => [
    ['a store', s3(bucket.store, bucket.bucket)],
    ["the SDK's client", s3(bucket.client, bucket.bucket)],
  ];

  async function sha256Of(buffer: HybridBuffer): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of buffer.createReadStream()) hash.update(chunk as Uint8Array);
    return hash.digest('hex');
  }

  it.each(WAYS)('takes 13 MiB in parts through %s, gives them back and keeps nothing', async (_, way) => {
    const [, storage] = ways()[way] ?? [];
    const bytes = randomBytes(13 * MIB + 12_345);
    const expected = createHash('sha256').update(bytes).digest('hex');
    for (const middleware of [[], [zstd(), aes256Gcm()]]) {
      const buffer = createHybridBuffer({ ...(storage === undefined ? {} : { storage }), middleware });
      for (let at = 0; at < bytes.length; at += 100_000) await buffer.write(bytes.subarray(at, at + 100_000));
      expect(await sha256Of(buffer)).toBe(expected);
      expect(await bucket.left()).toEqual([expect.stringMatching(/^hybridbuffer\/\d{10}-[0-9a-f]{8}\.bin$/)]);
      expect(bytes.subarray(11 * MIB, 11 * MIB + 99).equals(await buffer.readRange(11 * MIB, 11 * MIB + 99))).toBe(
        true,
      );
      await buffer.write('and on');
      await buffer.close();
      expect(await bucket.left()).toEqual([]);
    }
  });

  // AES256 this server accepts and forgets: it has no keys of its own before its next version.
  it('encrypts what it stores with the key that is asked for, small objects and parts', async () => {
    const serverSideEncryption = { algorithm: 'aws:kms', keyId: 'local-test-kms' } as const;
    const storage = s3(bucket.client, bucket.bucket, { serverSideEncryption });
    for (const size of [3 * MIB, 13 * MIB]) {
      const bytes = randomBytes(size);
      const buffer = createHybridBuffer({ storage });
      await buffer.write(bytes);
      expect(bytes.subarray(1_000_000, 1_000_099).equals(await buffer.readRange(1_000_000, 1_000_099))).toBe(true);
      expect(await sha256Of(buffer)).toBe(createHash('sha256').update(bytes).digest('hex'));
      const [key] = await bucket.left();
      const stored = await bucket.client.headObject({ Bucket: bucket.bucket, Key: key });
      expect(stored).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'local-test-kms' });
      await buffer.close();
    }
    expect(await bucket.left()).toEqual([]);
  });

  it('tells of a key that the key management does not have', async () => {
    const serverSideEncryption = { algorithm: 'aws:kms', keyId: 'no-such-key' } as const;
    const buffer = createHybridBuffer({ storage: s3(bucket.client, bucket.bucket, { serverSideEncryption }) });
    await buffer.write(randomBytes(3 * MIB)).catch((error: unknown) => expect(error).toHaveProperty('code'));
    await expect(buffer.close()).rejects.toMatchObject({ code: 'WriteFailed' });
    expect(await bucket.left()).toEqual([]);
  });

  it.each(WAYS)('that does not exist is told by %s at the first read and at close', async (_, way) => {
    const missing = 'no-such-bucket';
    const store = createS3Store(s3SettingsOf(missing));
    const storage = way === 0 ? s3(store, missing) : s3(bucket.client, missing);
    for (const size of [3 * MIB, 12 * MIB]) {
      const buffer = createHybridBuffer({ storage });
      // Large ones fail while they are written.
      await buffer
        .write(randomBytes(size))
        .catch((error: unknown) => expect(error).toMatchObject({ code: 'WriteFailed' }));
      if (!buffer.inMemory) {
        await expect(buffer.read()).rejects.toMatchObject({ code: 'WriteFailed', cause: { code: 'NotFound' } });
        await expect(buffer.close()).rejects.toMatchObject({ code: 'WriteFailed', cause: { code: 'NotFound' } });
      }
    }
    store.close();
  });

  /** Takes rights from everybody, the owner too; this server does not know `NotAction`. */
  async function forbid(actions: readonly string[]): Promise<void> {
    const arn = `arn:aws:s3:::${bucket.bucket}`;
    const statement = { Effect: 'Deny', Principal: '*', Action: actions, Resource: [arn, `${arn}/*`] };
    const policy = { Version: '2012-10-17', Statement: [statement] };
    await bucket.client.putBucketPolicy({ Bucket: bucket.bucket, Policy: JSON.stringify(policy) });
  }

  /** Everything a buffer does: a small object, parts, an upload that is given up, reading, removing. */
  async function everything(storage: StorageFactory): Promise<void> {
    for (const size of [3 * MIB, 12 * MIB]) {
      const buffer = createHybridBuffer({ storage });
      await buffer.write(randomBytes(size));
      await buffer.readRange(0, 100);
      await buffer.write(randomBytes(size));
      await buffer.reset();
      await buffer.close();
    }
  }

  it('needs the rights that the README lists, and no other', async () => {
    try {
      await forbid(OTHER_RIGHTS);
      for (const [, storage] of ways()) await everything(storage);
      for (const missing of RIGHTS.slice(0, 3)) {
        await forbid([missing]);
        for (const [way, storage] of ways()) {
          await expect(everything(storage), `${way} without ${missing}`).rejects.toMatchObject({
            cause: { code: 'PermissionDenied' },
          });
        }
      }
      await forbid(['s3:AbortMultipartUpload']);
      for (const [, storage] of ways()) await everything(storage);
    } finally {
      await bucket.client.deleteBucketPolicy({ Bucket: bucket.bucket });
    }
    // Without the right to abort, what was given up stays: two uploads of 12 MiB.
    const left = await bucket.left();
    expect(left.filter((name) => name.endsWith('(upload)')).length).toBeGreaterThan(0);
    await bucket.empty();
  });

  it('is used by the example as it is', async () => {
    const script = fileURLToPath(new URL('../examples/report-to-bucket.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@bucket-radio/source', script, bucket.bucket],
      { env: process.env },
    );
    expect(stdout).toMatch(/^30000 rows, \d+ bytes, in the bucket\nrow 29999 /);
  });
});
