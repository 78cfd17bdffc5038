import {
  aes256Gcm,
  brotli,
  chacha20Poly1305,
  createHybridBuffer,
  gzip,
  type Middleware,
  s3,
  zstd,
} from '@bucket-radio/hybrid-buffer';
import { compareWithPlainBuffer } from '@bucket-radio/hybrid-buffer/conformance';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestBucket, type TestBucket } from './bucket.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SEQUENCES = Math.max(1, Math.round(Number(process.env['PROVE_SCALE'] ?? 1)));

const MIDDLEWARE: readonly (readonly [string, readonly Middleware[]])[] = [
  ['none', []],
  ['zstd', [zstd()]],
  ['gzip', [gzip()]],
  ['brotli', [brotli()]],
  ['aes-256-gcm', [aes256Gcm()]],
  ['chacha20-poly1305', [chacha20Poly1305()]],
  ['zstd, then aes-256-gcm', [zstd(), aes256Gcm()]],
];

describe.skipIf(!serviceOrSkip('s3').available)('a hybrid buffer in a real bucket is a plain array', () => {
  let bucket: TestBucket;

  beforeAll(async () => {
    bucket = await openTestBucket();
  });

  afterAll(() => bucket?.close());

  it.each(MIDDLEWARE)(
    `with middleware: %s (${SEQUENCES} sequences)`,
    { timeout: 7_200_000 },
    async (name, middleware) => {
      // Both ways to a bucket in turn.
      const storages = [s3(bucket.store, bucket.bucket), s3(bucket.client, bucket.bucket)];
      let turn = MIDDLEWARE.findIndex(([one]) => one === name);
      const result = await compareWithPlainBuffer({
        seed: SEED,
        sequences: SEQUENCES,
        concurrency: 4,
        create(options) {
          const storage = storages[turn++ % 2];
          return createHybridBuffer({ ...options, ...(storage === undefined ? {} : { storage }), middleware });
        },
      });
      process.stdout.write(`hybrid-buffer in a bucket, ${name}: ${JSON.stringify(result)}\n`);
      expect(result.sequences).toBe(SEQUENCES);
      expect(await bucket.left()).toEqual([]);
    },
  );
});
