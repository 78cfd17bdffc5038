import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CORSRule,
  DeleteBucketCorsCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createBucket, createS3Store } from '@bucket-radio/object-store-s3';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import { s3Account } from '../testing/s3-account.ts';
import { bucketChecks } from './bucket-checks.ts';
import type { CheckResult } from './check.ts';

const { options, env: ACCOUNT } = s3Account('public');
const { endpoint: ENDPOINT, bucket: BUCKET, ...KEYS } = options;
const EXPOSED = ['ETag', 'Date', 'Age'];
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** A content network that has its own opinion about how long to keep things. */
async function shortLivedCache(): Promise<string> {
  const server = createServer((incoming, response) => {
    request(new URL(incoming.url ?? '/', ENDPOINT), { headers: { ...incoming.headers } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'cache-control': 'max-age=60' });
      answer.pipe(response);
    }).end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.skipIf(!serviceOrSkip('s3').available)('the doctor and a bucket that is public', () => {
  const client = new S3Client({ endpoint: ENDPOINT, region: 'auto', forcePathStyle: true, credentials: KEYS });

  const examine = async (publicUrl = `${ENDPOINT}/${BUCKET}`) => {
    const env = { ...ACCOUNT, R2_PUBLIC_URL: publicUrl };
    const results = await bucketChecks(resolveConfig({ env }));
    const find = (name: string): CheckResult | undefined => results.find((result) => result.name === name);
    return { publicUrl: find('public URL'), cors: find('CORS'), cache: find('cache headers') };
  };
  const allow = async (rule: Partial<CORSRule>): Promise<void> => {
    const CORSRules = [{ AllowedOrigins: ['*'], AllowedMethods: ['GET', 'HEAD'], ...rule }];
    await client.send(new PutBucketCorsCommand({ Bucket: BUCKET, CORSConfiguration: { CORSRules } }));
  };

  beforeAll(async () => {
    await createBucket(options);
    const anybodyReads = {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: '*', Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::${BUCKET}/*`] },
      ],
    };
    await client.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: JSON.stringify(anybodyReads) }));
  });
  afterAll(() => client.destroy());

  it('is content when listeners can read everything they need', async () => {
    await allow({ ExposeHeaders: EXPOSED });
    const { publicUrl, cors, cache } = await examine();
    expect(publicUrl).toMatchObject({ verdict: 'ok', detail: expect.stringContaining('serves what was just written') });
    expect(cache).toMatchObject({ verdict: 'ok', detail: IMMUTABLE });
    expect(cors).toMatchObject({ verdict: 'ok', detail: '* may read; ETag, Date and Age are exposed' });
  });

  it('warns of headers that pages may not see', async () => {
    await allow({ ExposeHeaders: ['ETag'] });
    expect((await examine()).cors).toMatchObject({
      verdict: 'warn',
      detail: 'CORS does not expose date, age',
      fix: expect.stringContaining('ExposeHeaders ["ETag","Date","Age"]'),
    });
  });

  it.each([
    ['there are no rules', undefined],
    ['the rules are for another site', { AllowedOrigins: ['https://another.example'], ExposeHeaders: EXPOSED }],
  ])('fails when %s: browsers would play nothing', async (_, rule) => {
    if (rule === undefined) await client.send(new DeleteBucketCorsCommand({ Bucket: BUCKET }));
    else await allow(rule);
    const { publicUrl, cors } = await examine();
    expect(publicUrl).toMatchObject({ verdict: 'ok' });
    expect(cors).toMatchObject({ verdict: 'fail', fix: expect.stringContaining('AllowedOrigins') });
  });

  it('warns of a cache that overrules the station', async () => {
    await allow({ ExposeHeaders: EXPOSED });
    const { cache } = await examine(`${await shortLivedCache()}/${BUCKET}`);
    expect(cache).toMatchObject({
      verdict: 'warn',
      detail: 'Cache-Control is max-age=60',
      fix: `let the proxy in front of the bucket keep Cache-Control: ${IMMUTABLE}`,
    });
  });

  it('leaves nothing in the bucket, and tells a wrong public URL', async () => {
    expect((await examine(`${ENDPOINT}/${BUCKET}/deeper`)).publicUrl).toMatchObject({ verdict: 'fail' });
    expect((await examine('http://127.0.0.1:9')).publicUrl).toMatchObject({
      verdict: 'fail',
      detail: 'http://127.0.0.1:9 does not answer',
    });
    const store = createS3Store(options);
    onTestFinished(() => store.close());
    for await (const { key } of store.list()) expect.unreachable(`${key} was left`);
  });
});
