import type { R2Bucket } from '@cloudflare/workers-types';
import {
  isCloudflareClientError,
  R2ObjectStore,
  R2Service,
  R2SigningClient,
  type R2SigningConfig,
} from '../src/index.ts';
import { putText } from './s3-server.ts';
import { expect, failureOf } from './worker-suite.ts';

export interface SigningCase {
  readonly title: string;
  readonly run: (config: R2SigningConfig) => Promise<void>;
}

/** Run in Node and in workerd, against a real S3 server that checks every signature. */
export const signingCases: SigningCase[] = [];

function test(title: string, run: SigningCase['run']): void {
  signingCases.push({ title, run });
}

const DEADLINE_MS = 30_000;
const noBucket = {} as R2Bucket;

async function statusOf(url: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  return response.status;
}

/** The URL with one query parameter changed. */
function tamper(url: string, name: string, change: (value: string) => string): string {
  const changed = new URL(url);
  const value = changed.searchParams.get(name);
  if (value === null) throw new Error(`the URL has no ${name}`);
  changed.searchParams.set(name, change(value));
  return changed.href;
}

test('a signed URL reads the object, whole and in ranges, from R2SigningClient and R2Service', async (config) => {
  await putText(config, 'hls/master.m3u8', '#EXTM3U');
  for (const signer of [new R2SigningClient(config), new R2Service(noBucket, {}, config)]) {
    const url = await signer.generateSignedUrl('hls/master.m3u8', 3600);
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([200, '#EXTM3U']);
    const range = await fetch(url, { headers: { range: 'bytes=1-3' } });
    expect([range.status, await range.text()]).toEqual([206, 'EXT']);
  }
});

test('a URL is good for as long as 7 days', async (config) => {
  await putText(config, 'x', 'x');
  expect(await statusOf(await new R2SigningClient(config).generateSignedUrl('x', 604_800))).toBe(200);
});

test('a URL that has expired is refused with 403', async (config) => {
  await putText(config, 'x', 'x');
  const anHourAgo = new R2SigningClient(config, { now: () => Date.now() - 3_600_000 });
  expect(await statusOf(await anHourAgo.generateSignedUrl('x', 3_500))).toBe(403);
  expect(await statusOf(await anHourAgo.generateSignedUrl('x', 7_200))).toBe(200);
});

test('a URL of one second stops working by itself', async (config) => {
  await putText(config, 'x', 'x');
  const url = await new R2SigningClient(config).generateSignedUrl('x', 1);
  const deadline = Date.now() + DEADLINE_MS;
  while ((await statusOf(url)) !== 403) {
    if (Date.now() > deadline) throw new Error('the URL still works');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
});

test('another key, expiry, date, credential or signature, and no signature, are refused with 403', async (config) => {
  await putText(config, 'mine', 'x');
  await putText(config, 'other', 'secret');
  const url = await new R2SigningClient(config).generateSignedUrl('mine', 3600);
  const unsigned = new URL(url);
  unsigned.search = '';
  const wrong = {
    key: url.replace('/mine?', '/other?'),
    bucket: url.replace(`/${config.bucketName}/`, '/other-bucket/'),
    expiry: tamper(url, 'X-Amz-Expires', () => '7200'),
    date: tamper(url, 'X-Amz-Date', (date) => date.replace(/\dZ$/, (end) => (end === '0Z' ? '1Z' : '0Z'))),
    credential: tamper(url, 'X-Amz-Credential', (credential) => credential.replace('/auto/', '/eu/')),
    signature: tamper(url, 'X-Amz-Signature', (signature) =>
      signature.replace(/.$/, (end) => (end === '0' ? '1' : '0')),
    ),
    parameter: `${url}&response-content-type=text%2Fhtml`,
    unsigned: unsigned.href,
  };
  for (const [what, changed] of Object.entries(wrong)) {
    expect([what, changed === url, await statusOf(changed)]).toEqual([what, false, 403]);
  }
  expect(await statusOf(url)).toBe(200);
});

test('a URL for reading neither writes nor deletes', async (config) => {
  await putText(config, 'x', 'before');
  const url = await new R2SigningClient(config).generateSignedUrl('x', 3600);
  for (const method of ['PUT', 'DELETE', 'POST']) {
    const status = await statusOf(url, { method, ...(method === 'DELETE' ? {} : { body: 'after' }) });
    expect([method, status]).toEqual([method, 403]);
  }
  expect(await (await fetch(url)).text()).toBe('before');
});

test('keys of any characters are signed as they are', async (config) => {
  const client = new R2SigningClient(config);
  const keys = [
    "a b+c'(1)*!@.m3u8",
    'percent%2Fescaped%',
    '日本語/🎵.flac',
    'query?x=1&y=2#hash',
    '..a/...',
    'a//b',
    '~tilde',
  ];
  for (const key of keys) {
    await putText(config, key, `at ${key}`);
    const response = await fetch(await client.generateSignedUrl(key, 3600));
    expect([key, response.status, await response.text()]).toEqual([key, 200, `at ${key}`]);
    expect([key, await client.objectExists(key)]).toEqual([key, true]);
  }
});

test('a wrong secret gives a URL that is refused with 403', async (config) => {
  await putText(config, 'x', 'x');
  const wrong = new R2SigningClient({ ...config, secretAccessKey: 'wrong' });
  expect(await statusOf(await wrong.generateSignedUrl('x', 3600))).toBe(403);
});

test('objectExists tells what is there from what is not', async (config) => {
  await putText(config, 'videos/there.mp4', 'x');
  const client = new R2SigningClient(config);
  expect(await client.objectExists('videos/there.mp4')).toBe(true);
  expect(await client.objectExists('videos/there')).toBe(false);
  expect(await client.objectExists('nothing')).toBe(false);
});

test('objectExists throws when it may not ask, without showing a secret', async (config) => {
  const secretAccessKey = 'wrong-secret-that-must-not-be-shown';
  const error = await failureOf(new R2SigningClient({ ...config, secretAccessKey }).objectExists('x'));
  if (!isCloudflareClientError(error, 'RequestFailed')) throw error;
  expect([error.status, error.key]).toEqual([403, 'x']);
  expect(error.message).toContain('check accessKeyId, secretAccessKey');
  const shown = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
  expect([shown.includes(secretAccessKey), /signature=/i.test(shown)]).toEqual([false, false]);
});

test('objectExists tries again, then throws, when nothing answers', async (config) => {
  let waits = 0;
  const client = new R2SigningClient(
    { ...config, endpoint: 'http://127.0.0.1:9' },
    { maxRetries: 2, sleep: async () => void waits++ },
  );
  const error = await failureOf(client.objectExists('x'));
  if (!isCloudflareClientError(error, 'RequestFailed')) throw error;
  expect([error.retryable, waits]).toEqual([true, 2]);
  expect(error.message).toContain('127.0.0.1:9 cannot be reached');
});

test('a URL from the cache is the same one, and works', async (config) => {
  await putText(config, 'x', 'x');
  const client = new R2SigningClient({ ...config, urlCache: {} });
  const url = await client.generateSignedUrl('x', 3600);
  expect(await client.generateSignedUrl('x', 3600)).toBe(url);
  expect(await statusOf(url)).toBe(200);
});

test('the signer of R2ObjectStore puts, with the content type it says, reads, asks and deletes', async (config) => {
  const { signer } = new R2ObjectStore(noBucket, { signing: config });
  if (signer === undefined) throw new Error('the store has no signer');
  const options = { expiresInSeconds: 3600 };
  const typed = await signer.signUrl('PUT', 'signed', { ...options, contentType: 'audio/flac' });
  const putAs = (type: string): Promise<number> =>
    statusOf(typed, { method: 'PUT', body: 'x', headers: { 'content-type': type } });
  expect([await putAs('text/html'), await putAs('audio/flac')]).toEqual([403, 200]);
  const head = await fetch(await signer.signUrl('HEAD', 'signed', options), { method: 'HEAD' });
  expect([head.status, head.headers.get('content-type')]).toEqual([200, 'audio/flac']);
  expect(await statusOf(await signer.signUrl('GET', 'signed', options))).toBe(200);
  expect(await statusOf(await signer.signUrl('DELETE', 'signed', options), { method: 'DELETE' })).toBe(204);
  expect(await statusOf(await signer.signUrl('GET', 'signed', options))).toBe(404);
});
