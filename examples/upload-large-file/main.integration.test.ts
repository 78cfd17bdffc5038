import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createBucket, createS3Store } from '@bucket-radio/object-store-s3';
import { serviceOrSkip } from '@bucket-radio/testing';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const s3 = serviceOrSkip('s3');

it.skipIf(!s3.available)('the example uploads a file, and says in one line when it cannot', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'example-'));
  const { S3_ENDPOINT = '', S3_ACCESS_KEY = '', S3_SECRET_KEY = '', PATH } = process.env;
  const S3_BUCKET = `example-${randomBytes(6).toString('hex')}`;
  const settings = { endpoint: S3_ENDPOINT, accessKeyId: S3_ACCESS_KEY, secretAccessKey: S3_SECRET_KEY };
  await createBucket({ ...settings, bucket: S3_BUCKET });
  const bytes = randomBytes(12_000_000);
  const file = join(directory, 'night.flac');
  await writeFile(file, bytes);
  const env = { PATH, S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY, S3_BUCKET, JOURNALS: join(directory, 'journals') };
  const main = join(import.meta.dirname, 'main.ts');
  const example = (...args: string[]) =>
    run(process.execPath, ['--conditions=@bucket-radio/source', main, ...args], { env });
  const { stdout, stderr } = await example(file, 'archive/night.flac');
  expect(stdout).toMatch(/^archive\/night\.flac: 12000000 bytes in 3 parts, 0 of them sent earlier, [0-9a-f]{64}-3\n$/);
  expect(stderr).toContain('100 %');
  const store = createS3Store({ ...settings, bucket: S3_BUCKET });
  const stored = await store.get('archive/night.flac');
  expect(stored.attributes.contentType).toBe('audio/flac');
  expect(Buffer.compare(await stored.bytes(), bytes)).toBe(0);
  store.close();
  await expect(example(join(directory, 'none'), 'x')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/SourceNotFound: there is no file .*none\n$/),
  });
  await expect(example()).rejects.toMatchObject({ code: 2 });
  await rm(directory, { recursive: true, force: true });
});
