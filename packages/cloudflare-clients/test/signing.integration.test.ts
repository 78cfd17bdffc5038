import { serviceOrSkip } from '@bucket-radio/testing';
import { describe, it } from 'vitest';
import { makeBucket, s3Bucket } from './s3-server.ts';
import { signingCases } from './signing-cases.ts';
import { describeInWorkerd } from './workerd.ts';

const s3 = serviceOrSkip('s3');
const bucketName = `signing-${crypto.randomUUID().slice(0, 8)}`;
const config = s3Bucket(bucketName, process.env);

if (s3.available) await makeBucket(config);

describe.skipIf(!s3.available)('signing against a real S3 server, in Node', () => {
  it.each(signingCases.map(({ title, run }) => [title, run] as const))('%s', (_, run) => run(config));
});

if (s3.available) {
  const { S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY } = process.env;
  await describeInWorkerd('signing against a real S3 server, in workerd', './workers/signing.worker.ts', {
    S3: { S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY, S3_BUCKET: bucketName },
  });
}
