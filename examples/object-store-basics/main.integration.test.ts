import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createBucket } from '@bucket-radio/object-store-s3';
import { serviceOrSkip } from '@bucket-radio/testing';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const s3 = serviceOrSkip('s3');

it.skipIf(!s3.available)('the example does the same in a bucket', async () => {
  const { S3_ENDPOINT = '', S3_ACCESS_KEY = '', S3_SECRET_KEY = '', PATH } = process.env;
  const S3_BUCKET = `example-${randomBytes(6).toString('hex')}`;
  await createBucket({
    endpoint: S3_ENDPOINT,
    bucket: S3_BUCKET,
    accessKeyId: S3_ACCESS_KEY,
    secretAccessKey: S3_SECRET_KEY,
  });
  const env = { PATH, S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY, S3_BUCKET };
  const main = join(import.meta.dirname, 'main.ts');
  const { stdout } = await run(process.execPath, ['--conditions=@bucket-radio/source', main], { env });
  expect(stdout).toContain('create: somebody was faster, and nothing was lost');
  expect(stdout).toContain('the counter, increased by three at the same time: 3');
  expect(stdout.trim().endsWith('left: 0')).toBe(true);
});
