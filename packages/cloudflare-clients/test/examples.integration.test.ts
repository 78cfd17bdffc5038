import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { serviceOrSkip } from '@bucket-radio/testing';
import type { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBucket, putText, s3Bucket } from './s3-server.ts';
import { startWorkerd } from './workerd.ts';

const s3 = serviceOrSkip('s3');
const bucketName = `examples-${crypto.randomUUID().slice(0, 8)}`;
const config = s3Bucket(bucketName, process.env);
const MIB = 1024 ** 2;
/** Generous: the machine may have other things to do. */
const SLOW_MS = 300_000;

describe('the example Worker', { timeout: SLOW_MS }, () => {
  let worker: Miniflare;
  const call = async (method: string, path: string, init: { body?: Uint8Array; session?: string } = {}) => {
    const response = await worker.dispatchFetch(`http://worker/${path}`, {
      method,
      headers: { 'x-session': init.session ?? 'none', 'content-type': 'audio/flac' },
      ...(init.body === undefined ? {} : { body: init.body }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  };
  interface Body {
    readonly [name: string]: unknown;
    readonly session?: string;
    readonly streamingUrl?: string;
  }

  beforeAll(async () => {
    worker = await startWorkerd('../examples/worker.ts', {
      exported: 'default',
      bucket: 'MEDIA_BUCKET',
      kv: 'SESSIONS',
      bindings: {
        R2_ACCOUNT_ID: 'a1b2c3',
        R2_ACCESS_KEY_ID: config.accessKeyId || 'id',
        R2_SECRET_ACCESS_KEY: config.secretAccessKey || 'secret',
        R2_BUCKET_MEDIA: bucketName,
        ...(s3.available ? { R2_SIGNING_ENDPOINT: config.endpoint ?? '' } : {}),
      },
    });
  }, SLOW_MS);
  afterAll(() => worker?.dispose());

  it('takes an upload of several parts and tells how far it came', async () => {
    const uploaded = await call('PUT', 'upload/ada/one.flac', { body: new Uint8Array(17 * MIB) });
    expect(uploaded).toMatchObject({
      status: 201,
      body: { key: 'ada/recordings/one.flac', size: 17 * MIB, progress: 17 * MIB },
    });
    expect(Date.parse(String(uploaded.body['uploadedAt']))).toBeGreaterThan(0);
  });

  it('lists a directory', async () => {
    await call('PUT', 'upload/ada/two.flac', { body: new Uint8Array(3) });
    const { body } = await call('GET', 'browse/ada/recordings/');
    expect(body).toMatchObject({
      directories: [],
      files: [{ key: 'ada/recordings/one.flac' }, { key: 'ada/recordings/two.flac', size: 3 }],
    });
    expect((await call('GET', 'browse/')).body).toEqual({ directories: ['ada/'], files: [] });
  });

  it('plays to whoever is signed in and may hear it', async () => {
    await call('PUT', 'upload/ada/mine.flac', { body: new Uint8Array(3) });
    const ada = (await call('POST', 'sign-in/ada')).body.session ?? '';
    const bob = (await call('POST', 'sign-in/bob')).body.session ?? '';
    expect((await call('GET', 'play/mine')).status).toBe(401);
    expect((await call('GET', 'play/mine', { session: bob })).status).toBe(403);
    const { status, headers, body } = await call('GET', 'play/mine', { session: ada });
    expect([status, headers.get('cache-control'), body['contentType']]).toEqual([
      200,
      'private, no-store',
      'audio/flac',
    ]);
    expect(body.streamingUrl).toContain(`/${bucketName}/ada/recordings/mine.flac?`);
    if (!s3.available) return;
    await makeBucket(config);
    await putText(config, 'ada/recordings/mine.flac', 'fLaC');
    expect(await (await fetch(body.streamingUrl ?? '')).text()).toBe('fLaC');
  });

  it('refuses more than a hundred requests in a minute', async () => {
    const session = (await call('POST', 'sign-in/eve')).body.session ?? '';
    expect((await call('GET', 'play/nothing', { session })).status).toBe(403);
    let statuses: number[] = [];
    for (let made = 0; made < 2_000 && !statuses.includes(429); made += 25) {
      const calls = Array.from({ length: 25 }, () => call('GET', 'play/nothing', { session }));
      statuses = (await Promise.all(calls)).map(({ status }) => status);
    }
    expect(statuses).toContain(429);
  });

  it('deletes everything below a prefix', async () => {
    expect((await call('DELETE', 'below/ada/')).body).toEqual({ failed: [] });
    expect((await call('GET', 'browse/ada/recordings/')).body).toEqual({ directories: [], files: [] });
  });
});

describe.skipIf(!s3.available)('the example script', { timeout: SLOW_MS }, () => {
  const run = (key: readonly string[], env: Record<string, string>): Promise<[unknown, string, string]> =>
    new Promise((resolve) => {
      const script = fileURLToPath(new URL('../examples/verify-upload.ts', import.meta.url));
      const args = ['--conditions=@bucket-radio/source', '--no-warnings', script, ...key];
      const { PATH = '' } = process.env;
      execFile(process.execPath, args, { env: { PATH, ...env } }, (error, stdout, stderr) =>
        resolve([error?.code ?? 0, stdout, stderr]),
      );
    });

  it('verifies an upload, or says what is wrong', async () => {
    await makeBucket(config);
    await putText(config, 'there', 'hello');
    const env = {
      R2_ACCOUNT_ID: config.accountId,
      R2_ACCESS_KEY_ID: config.accessKeyId,
      R2_SECRET_ACCESS_KEY: config.secretAccessKey,
      R2_BUCKET_MEDIA: bucketName,
      R2_SIGNING_ENDPOINT: config.endpoint ?? '',
    };
    const [code, url] = await run(['there'], env);
    expect([code, await (await fetch(url.trim())).text()]).toEqual([0, 'hello']);
    expect(await run(['nothing'], env)).toEqual([1, '', `nothing is not in ${bucketName}\n`]);
    expect(await run(['there'], {})).toEqual([
      2,
      '',
      expect.stringContaining('Missing R2 environment variables: R2_ACC'),
    ]);
    expect((await run(['there'], { ...env, R2_SECRET_ACCESS_KEY: 'wrong' }))[2]).toContain('HTTP 403');
    expect((await run([], env))[2]).toBe('usage: node verify-upload.ts KEY\n');
  });
});
