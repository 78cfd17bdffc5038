import { randomBytes } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { type FullObjectStore, withPrefix } from '@bucket-radio/object-store';
import { fullObjectStoreConformance } from '@bucket-radio/object-store/conformance';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBucket } from './create-bucket.ts';
import type { S3Event } from './events.ts';
import type { S3StoreOptions } from './options.ts';
import type { S3Provider } from './provider.ts';
import { createS3Store, type S3Store } from './store.ts';

const s3 = serviceOrSkip('s3');
const { S3_ENDPOINT = '', S3_ACCESS_KEY = '', S3_SECRET_KEY = '', S3_BUCKET, S3_PROVIDER, S3_REGION } = process.env;
/** A service whose name its certificate and its signatures depend on: no proxy of ours can stand before it. */
const isRemote = S3_ENDPOINT.startsWith('https:');

describe.skipIf(!s3.available)('S3 store on a real server', () => {
  const own = `test-${randomBytes(6).toString('hex')}`;
  const options: S3StoreOptions = {
    endpoint: S3_ENDPOINT,
    accessKeyId: S3_ACCESS_KEY,
    secretAccessKey: S3_SECRET_KEY,
    bucket: S3_BUCKET ?? own,
    ...(S3_PROVIDER === undefined ? {} : { provider: S3_PROVIDER as S3Provider }),
    ...(S3_REGION === undefined ? {} : { region: S3_REGION }),
  };
  /** In a bucket that was there before, nothing outside this prefix is touched. Short: a key may be 1000 bytes more. */
  const prefix = S3_BUCKET === undefined ? '' : `${own}/`;
  const open: S3Store[] = [];
  const openStore = (changes: Partial<S3StoreOptions> = {}): S3Store => {
    const store = createS3Store({ ...options, ...changes });
    open.push(store);
    return store;
  };

  beforeAll(async () => {
    if (S3_BUCKET !== undefined) return;
    await createBucket(options);
    await createBucket(options);
  });

  afterAll(() => {
    for (const store of open) store.close();
  });

  async function empty(store: FullObjectStore): Promise<void> {
    for await (const { key } of store.list()) await store.delete(key);
    for await (const upload of store.listMultiparts()) await store.abortMultipart(upload);
  }

  fullObjectStoreConformance(
    'conformance',
    async () => {
      const store = prefix === '' ? openStore() : withPrefix(openStore(), prefix);
      return { store, cleanup: () => empty(store) };
    },
    { describe, it, expect },
  );

  it('finds nothing wrong with a bucket that is there', async () => {
    await openStore().check();
  });

  it('leaves out names that are not valid keys, such as the folder markers of consoles', async () => {
    const store = openStore();
    const folder = `${prefix}folder/`;
    await store.put(`${folder}x`, new Uint8Array(1));
    const sdk = await import('@aws-sdk/client-s3');
    const client = new sdk.S3Client({
      endpoint: options.endpoint,
      region: options.region ?? 'auto',
      forcePathStyle: true,
      credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    });
    await client.send(new sdk.PutObjectCommand({ Bucket: options.bucket, Key: folder, Body: new Uint8Array() }));
    const keys: string[] = [];
    for await (const { key } of store.list({ prefix })) keys.push(key);
    expect(keys).toEqual([`${folder}x`]);
    await client.send(new sdk.DeleteObjectCommand({ Bucket: options.bucket, Key: folder }));
    client.destroy();
    await store.delete(`${folder}x`);
  });

  it('presigned URLs do one thing for whoever holds them', async () => {
    const store = openStore();
    const url = (method: 'GET' | 'HEAD' | 'PUT' | 'DELETE') =>
      store.signer.signUrl(method, `${prefix}signed/a b+c.txt`, { expiresInSeconds: 60 });
    expect((await fetch(await url('PUT'), { method: 'PUT', body: 'hello' })).status).toBe(200);
    const typed = await store.signer.signUrl('PUT', `${prefix}typed`, {
      expiresInSeconds: 60,
      contentType: 'audio/flac',
    });
    const putAs = async (type: string): Promise<number> =>
      (await fetch(typed, { method: 'PUT', body: 'x', headers: { 'content-type': type } })).status;
    expect([await putAs('text/html'), await putAs('audio/flac')]).toEqual([403, 200]);
    await store.delete(`${prefix}typed`);
    expect(await (await fetch(await url('GET'))).text()).toBe('hello');
    expect((await fetch(await url('HEAD'), { method: 'HEAD' })).headers.get('content-length')).toBe('5');
    expect((await fetch(await url('GET'), { method: 'PUT', body: 'other' })).status).toBe(403);
    expect((await fetch(await url('DELETE'), { method: 'DELETE' })).status).toBe(204);
    await expect(store.head(`${prefix}signed/a b+c.txt`)).rejects.toMatchObject({ code: 'NotFound' });
    for (const expiresInSeconds of [0, 1.5, 604_801]) {
      await expect(store.signer.signUrl('GET', 'x', { expiresInSeconds })).rejects.toMatchObject({
        code: 'NotSupported',
      });
    }
  });

  it('a refusal after successes is told of, and names the clock first', async () => {
    const events: S3Event[] = [];
    const store = openStore({ onEvent: (event) => events.push(event) });
    await store.list()[Symbol.asyncIterator]().next();
    expect(store.stats()).toMatchObject({ requests: 1, failures: 0, forbidden: 0 });
    const { clockOffsetMs = Number.NaN, clockErrorMs = Number.NaN } = store.stats();
    expect(Math.abs(clockOffsetMs)).toBeLessThan(clockErrorMs);
    const wrong = openStore({ secretAccessKey: 'wrong', onEvent: (event) => events.push(event) });
    await wrong.head('x').catch(() => {});
    expect(wrong.stats().forbidden).toBeGreaterThan(0);
    expect(events.at(-1)).toMatchObject({ type: 'forbidden', level: 'error', s3Code: 'SignatureDoesNotMatch' });
  });

  describe('wrong settings', () => {
    const wrongSecret = 'wrong-secret-that-must-not-be-shown';

    it.each([
      [
        'a wrong secret',
        { secretAccessKey: wrongSecret },
        'Unauthenticated',
        /^check: the secret access key does not fit/,
      ],
      [
        'an unknown access key',
        { accessKeyId: 'nobody' },
        'Unauthenticated',
        /^check: the access key ID is not known at/,
      ],
      [
        'a missing bucket',
        { bucket: 'no-such-bucket' },
        'NotFound',
        /^check: bucket "no-such-bucket" does not exist at/,
      ],
      [
        'a port where nothing listens',
        { endpoint: 'http://127.0.0.1:9' },
        'Unavailable',
        /refuses connections; is the/,
      ],
    ] as const)('check says in one line what is wrong with %s', async (_what, changes, code, message) => {
      const store = openStore({ ...changes, random: () => 0 });
      const error = await store.check().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'ObjectStoreError', code, message: expect.stringMatching(message) });
      expect((error as Error).message).not.toContain('\n');
    });

    it.skipIf(isRemote)('check says that there is no TLS where it was asked for', async () => {
      const store = openStore({ endpoint: options.endpoint.replace(/^http:/, 'https:'), random: () => 0 });
      await expect(store.check()).rejects.toMatchObject({
        code: 'Unavailable',
        message: expect.stringContaining('http://'),
      });
    });

    it.each(['put', 'get', 'head', 'delete', 'list'] as const)('%s says the same of a wrong secret', async (method) => {
      const store = openStore({ secretAccessKey: wrongSecret });
      const calls = {
        put: () => store.put('x', new Uint8Array(1)),
        get: () => store.get('x'),
        head: () => store.head('x'),
        delete: () => store.delete('x'),
        list: () => store.list()[Symbol.asyncIterator]().next(),
      };
      const error = await calls[method]().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code: 'Unauthenticated' });
      expect((error as Error).message).toContain('SignatureDoesNotMatch, HTTP 403');
      for (const shown of [
        inspect(error, { depth: 10, showHidden: true }),
        inspect(store, { depth: 10, showHidden: true }),
      ]) {
        expect(shown).not.toContain(wrongSecret);
        expect(shown).not.toContain('Signature=');
      }
    });

    it('put says that the bucket does not exist', async () => {
      await expect(openStore({ bucket: 'no-such-bucket' }).put('x', new Uint8Array(1))).rejects.toMatchObject({
        code: 'NotFound',
        key: 'x',
        message: expect.stringContaining('bucket "no-such-bucket" does not exist at'),
      });
    });
  });

  describe.skipIf(isRemote)('through a proxy that writes down what passes', () => {
    let proxy: Server;
    let endpoint: string;
    const lines: string[] = [];
    const hosts = new Set<string | undefined>();
    const sockets = new Set<unknown>();
    const expectations: (string | undefined)[] = [];

    beforeAll(async () => {
      const upstream = new URL(options.endpoint);
      proxy = createServer((incoming: IncomingMessage, outgoing) => {
        lines.push(`${incoming.method} ${incoming.url}`);
        hosts.add(incoming.headers.host);
        sockets.add(incoming.socket);
        expectations.push(incoming.headers['expect']);
        const { hostname, port } = upstream;
        const forwarded = httpRequest(
          { hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers },
          (answer) => {
            outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(outgoing);
          },
        );
        incoming.pipe(forwarded);
      });
      proxy.listen(0, '127.0.0.1');
      await new Promise((resolve) => proxy.once('listening', resolve));
      endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    });

    afterAll(() => {
      proxy.closeAllConnections();
      proxy.close();
    });

    it('addresses the bucket in the path, and keeps one connection, also for large bodies', async () => {
      const store = openStore({ endpoint });
      const body = new Uint8Array(randomBytes(5_000_000));
      for (const round of [1, 2, 3]) {
        await store.put(`${prefix}live/seg ${round}.mp4`, body);
        const bytes = await (await store.get(`${prefix}live/seg ${round}.mp4`)).bytes();
        expect(Buffer.compare(bytes, body)).toBe(0);
      }
      await store.check();
      for (const round of [1, 2, 3]) await store.delete(`${prefix}live/seg ${round}.mp4`);
      const { bucket } = options;
      expect(lines[0]).toBe(`PUT /${bucket}/${prefix}live/seg%201.mp4`);
      expect(lines[1]).toBe(`GET /${bucket}/${prefix}live/seg%201.mp4?x-id=GetObject`);
      expect(lines.every((line) => new RegExp(`^[A-Z]+ /${bucket}(/|\\?)`).test(line))).toBe(true);
      expect([...hosts]).toEqual([new URL(endpoint).host]);
      expect(sockets.size).toBe(1);
      expect(expectations.every((value) => value === undefined)).toBe(true);
    });
  });
});
