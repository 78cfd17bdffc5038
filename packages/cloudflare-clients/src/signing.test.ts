import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { R2SigningClient } from './r2-signing-client.ts';
import type { R2SigningConfig } from './signing-config.ts';
import { createR2SigningClientFromEnv } from './signing-env.ts';
import { createUrlCache } from './url-cache.ts';

const config: R2SigningConfig = {
  accountId: '1234567890abcdef1234567890abcdef',
  accessKeyId: 'abc123def456',
  secretAccessKey: 'secret-key-here',
  bucketName: 'codex-media-test',
};
const variables = {
  R2_ACCOUNT_ID: config.accountId,
  R2_ACCESS_KEY_ID: config.accessKeyId,
  R2_SECRET_ACCESS_KEY: config.secretAccessKey,
  R2_BUCKET_MEDIA: config.bucketName,
};

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('the URL', () => {
  it('is path-style, under the account, with every parameter of the signature', async () => {
    const key = 'test/sample video.mp4';
    const signedUrl = await new R2SigningClient(config).generateSignedUrl(key, 3600);
    expect(signedUrl).toContain('r2.cloudflarestorage.com');
    expect(signedUrl).toContain(encodeURIComponent(key).replace(/%2F/g, '/'));
    const url = new URL(signedUrl);
    expect(url.origin).toBe(`https://${config.accountId}.r2.cloudflarestorage.com`);
    expect(url.pathname).toBe('/codex-media-test/test/sample%20video.mp4');
    const { searchParams } = url;
    expect(searchParams.get('X-Amz-Algorithm')).toBe('AWS4-HMAC-SHA256');
    expect(searchParams.get('X-Amz-Expires')).toBe('3600');
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('host');
    expect(searchParams.get('X-Amz-Date')).toMatch(/^\d{8}T\d{6}Z$/);
    expect(searchParams.get('X-Amz-Credential')).toMatch(/^abc123def456\/\d{8}\/auto\/s3\/aws4_request$/);
    expect(searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('differs by key, expiry and time, and by nothing else', async () => {
    let nowMs = 1_700_000_000_000;
    const client = new R2SigningClient(config, { now: () => nowMs });
    const url = await client.generateSignedUrl('a', 60);
    expect(await client.generateSignedUrl('a', 60)).toBe(url);
    expect(await client.generateSignedUrl('a', 61)).not.toBe(url);
    expect(await client.generateSignedUrl('b', 60)).not.toBe(url);
    nowMs += 1_000;
    expect(await client.generateSignedUrl('a', 60)).not.toBe(url);
  });

  it('is under the endpoint where one is given', async () => {
    const eu = new R2SigningClient({ ...config, endpoint: 'https://abc.eu.r2.cloudflarestorage.com/' });
    expect(await eu.generateSignedUrl('x', 1)).toMatch(
      /^https:\/\/abc\.eu\.r2\.cloudflarestorage\.com\/codex-media-test\/x\?/,
    );
    const local = new R2SigningClient({ ...config, endpoint: 'http://127.0.0.1:9000' });
    expect(await local.generateSignedUrl('x', 1)).toMatch(/^http:\/\/127\.0\.0\.1:9000\/codex-media-test\/x\?/);
  });

  it.each([0, -1, 1.5, Number.NaN, 604_801])('is refused for %s seconds', async (expirySeconds) => {
    await expect(new R2SigningClient(config).generateSignedUrl('x', expirySeconds)).rejects.toMatchObject({
      code: 'InvalidExpiry',
      message: `expirySeconds is ${expirySeconds}; use a whole number from 1 to 604800 (7 days)`,
    });
  });

  it.each(['../x', 'a/./b', '..', ''])('is refused for the key %j, which no URL can name', async (key) => {
    await expect(new R2SigningClient(config).generateSignedUrl(key, 60)).rejects.toMatchObject({ code: 'InvalidKey' });
  });

  it('needs no new signing key for the second one of a day', async () => {
    const client = new R2SigningClient({ ...config, secretAccessKey: 'used-by-no-other-test' });
    const importKey = vi.spyOn(crypto.subtle, 'importKey');
    await client.generateSignedUrl('x', 60);
    const first = importKey.mock.calls.length;
    await client.generateSignedUrl('y', 60);
    // Four steps make the signing key: date, region, service, request.
    expect(importKey.mock.calls.length - first).toBe(first - 4);
  });
});

describe('the configuration', () => {
  it.each([
    ['accessKeyId', '', 'InvalidCredentials', /credentials are incomplete: accessKeyId is empty/],
    ['secretAccessKey', ' ', 'InvalidCredentials', /credentials are incomplete: secretAccessKey is empty/],
    ['accountId', 'evil.example/', 'InvalidOption', /accountId is "evil.example\/"; use the 32 hexadecimal digits/],
    ['bucketName', 'a/b', 'InvalidOption', /bucketName is "a\/b"/],
    ['endpoint', 'https://host/path', 'InvalidOption', /endpoint is "not a bare URL"; use scheme, host and port/],
    ['endpoint', 'ftp://host', 'InvalidOption', /endpoint is "ftp:\/\/host"/],
    ['endpoint', 'nonsense', 'InvalidOption', /not a bare URL/],
    ['endpoint', 'https://user:secret-key-here@host', 'InvalidOption', /not a bare URL/],
  ])('a wrong %s (%j) is told of by the first call, not by the constructor', async (name, value, code, message) => {
    const client = new R2SigningClient({ ...config, [name]: value });
    const error = await client.generateSignedUrl('x', 60).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain(config.secretAccessKey);
  });

  it('is not shown by inspecting the client', async () => {
    const client = new R2SigningClient({ ...config, urlCache: {} });
    const url = await client.generateSignedUrl('x', 60);
    const shown = `${inspect(client, { depth: 10, showHidden: true })} ${JSON.stringify(client)}`;
    expect(shown).not.toContain(config.secretAccessKey);
    expect(shown).not.toContain(new URL(url).searchParams.get('X-Amz-Signature'));
  });

  it('gives the name of the bucket', () => {
    expect(new R2SigningClient(config).getBucketName()).toBe('codex-media-test');
  });
});

describe('the environment', () => {
  it('gives a client', async () => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const client = createR2SigningClientFromEnv();
    expect(client.getBucketName()).toBe('codex-media-test');
    expect(await client.generateSignedUrl('x', 60)).toContain(`https://${config.accountId}.r2.cloudflarestorage.com/`);
  });

  it.each(Object.keys(variables))('without %s is refused by name, without a value', (name) => {
    for (const [other, value] of Object.entries(variables)) vi.stubEnv(other, other === name ? undefined : value);
    expect(() => createR2SigningClientFromEnv()).toThrow(`Missing R2 environment variables: ${name};`);
    expect(() => createR2SigningClientFromEnv()).not.toThrow(config.secretAccessKey);
  });

  it('names all that is missing, also what is blank', () => {
    expect(() => createR2SigningClientFromEnv({ R2_ACCOUNT_ID: 'a', R2_ACCESS_KEY_ID: ' ' })).toThrow(
      'Missing R2 environment variables: R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY, R2_BUCKET_MEDIA;',
    );
  });

  it('may name another endpoint', async () => {
    const client = createR2SigningClientFromEnv({ ...variables, R2_SIGNING_ENDPOINT: 'http://127.0.0.1:9000' });
    expect(await client.generateSignedUrl('x', 60)).toMatch(/^http:\/\/127\.0\.0\.1:9000\/codex-media-test\/x/);
  });
});

describe('the URL cache', () => {
  const startMs = 1_700_000_000_000;

  function cached(urlCache: R2SigningConfig['urlCache'] & object): {
    client: R2SigningClient;
    pass(seconds: number): void;
  } {
    let nowMs = startMs;
    return {
      client: new R2SigningClient({ ...config, urlCache }, { now: () => nowMs }),
      pass: (seconds) => {
        nowMs += seconds * 1000;
      },
    };
  }

  it('hands out a URL until it is good for less than the margin, 5 minutes by default', async () => {
    const { client, pass } = cached({});
    const url = await client.generateSignedUrl('x', 3600);
    pass(3300);
    expect(await client.generateSignedUrl('x', 3600)).toBe(url);
    pass(1);
    expect(await client.generateSignedUrl('x', 3600)).not.toBe(url);
  });

  it('keeps keys and expiries apart, and nothing that is good for less than the margin', async () => {
    const { client, pass } = cached({ safetyMarginSeconds: 60 });
    const url = await client.generateSignedUrl('x', 120);
    expect(await client.generateSignedUrl('y', 120)).not.toBe(url);
    expect(await client.generateSignedUrl('x', 121)).not.toBe(url);
    const short = await client.generateSignedUrl('x', 59);
    pass(1);
    expect(await client.generateSignedUrl('x', 59)).not.toBe(short);
  });

  it('forgets the oldest beyond maxEntries', async () => {
    const { client, pass } = cached({ maxEntries: 2 });
    const [a, , c] = [
      await client.generateSignedUrl('a', 3600),
      await client.generateSignedUrl('b', 3600),
      await client.generateSignedUrl('c', 3600),
    ];
    pass(1);
    expect(await client.generateSignedUrl('c', 3600)).toBe(c);
    expect(await client.generateSignedUrl('a', 3600)).not.toBe(a);
  });

  it('keeps no failure, and asks once for what is asked at the same time', async () => {
    const cache = createUrlCache({}, () => startMs);
    await expect(cache.get('x', 3600, () => Promise.reject(new Error('not now')))).rejects.toThrow('not now');
    const sign = vi.fn(async () => 'https://signed');
    expect(await Promise.all([cache.get('x', 3600, sign), cache.get('x', 3600, sign)])).toEqual([
      'https://signed',
      'https://signed',
    ]);
    expect(sign).toHaveBeenCalledTimes(1);
  });

  it.each([{ safetyMarginSeconds: -1 }, { maxEntries: 0 }])('refuses %j', (urlCache) => {
    expect(() => cached(urlCache)).toThrow(/^urlCache: /);
  });
});
