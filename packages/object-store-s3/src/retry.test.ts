import { hash } from 'node:crypto';
import { inspect } from 'node:util';
import { isObjectStoreError } from '@bucket-radio/object-store';
import { type ScriptedServer, s3Error, startScriptedServer } from '@bucket-radio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { S3Event } from './events.ts';
import type { S3StoreOptions } from './options.ts';
import { createCallRetries } from './retry.ts';
import { createS3Store, type S3Store } from './store.ts';

const STORED = { status: 200, headers: { etag: '"stored"' } };
const SECRET = 'a-secret-that-must-not-be-shown';
const body = new TextEncoder().encode('segment');

let server: ScriptedServer;
let stores: S3Store[];

beforeEach(async () => {
  server = await startScriptedServer();
  stores = [];
});

afterEach(() => {
  for (const store of stores) store.close();
  server.close();
});

/** With jitter 0 a retry follows at once. */
function openStore(options: Partial<S3StoreOptions> = {}): S3Store {
  const store = createS3Store({
    endpoint: server.endpoint,
    bucket: 'radio',
    accessKeyId: 'key',
    secretAccessKey: SECRET,
    random: () => 0,
    ...options,
  });
  stores.push(store);
  return store;
}

async function failure(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    if (isObjectStoreError(error)) return error;
    throw error;
  }
  throw new Error('the call succeeded');
}

describe('retries', () => {
  it.each([
    ['500, 500, 200', [{ status: 500 }, { status: 500 }, STORED]],
    ['a lost connection', ['lost', STORED] as const],
    ['a page of a proxy with status 502', [{ status: 502, body: '<html>Bad Gateway' }, STORED]],
    ['SlowDown', [s3Error(503, 'SlowDown'), STORED]],
    ['429', [{ status: 429 }, STORED]],
    ['a body damaged on its way', [s3Error(400, 'BadDigest'), STORED]],
  ])('a put succeeds after %s', async (_title, answers) => {
    server.play(...answers);
    await expect(openStore().put('x', body)).resolves.toEqual({ etag: '"stored"' });
    expect(server.received.map(({ method, bytes }) => [method, bytes])).toEqual(
      answers.map(() => ['PUT', body.length]),
    );
  });

  it('stop after four tries, and say how many there were', async () => {
    server.play({ status: 500 }, { status: 500 }, { status: 500 }, { status: 500 });
    const error = await failure(openStore().put('x', body));
    expect(error).toMatchObject({ code: 'Unavailable', attempts: 4, key: 'x' });
    expect(error.message).toMatch(/^put "x": http:\/\/127\.0\.0\.1:\d+ has a problem of its own; try again later \(/);
    expect(error.message).toContain('HTTP 500, 4 tries');
    expect(server.received).toHaveLength(4);
  });

  it('of a part and of a completion are eight, in one layer', async () => {
    const upload = { key: 'x', uploadId: 'one' };
    const eight = Array.from({ length: 8 }, () => s3Error(503, 'SlowDown'));
    const store = openStore();
    server.play(...eight);
    expect(await failure(store.putPart(upload, 1, body))).toMatchObject({ code: 'Throttled', attempts: 8 });
    server.play(...eight);
    const complete = store.completeMultipart(upload, [{ partNumber: 1, etag: '"e"' }]);
    expect(await failure(complete)).toMatchObject({ code: 'Throttled', attempts: 8 });
    expect(server.received).toHaveLength(16);
  });

  it('are not made for an error that would come again', async () => {
    for (const answer of [
      s3Error(403, 'AccessDenied'),
      s3Error(400, 'InvalidArgument'),
      s3Error(404, 'NoSuchBucket'),
    ]) {
      server.play(answer);
      await failure(openStore().put('x', body));
    }
    expect(server.received).toHaveLength(3);
  });

  it('are left to the caller when Retry-After is longer than ten seconds', async () => {
    server.play(s3Error(503, 'SlowDown', { 'retry-after': '3600' }));
    expect(await failure(openStore().put('x', body))).toMatchObject({ code: 'Throttled', attempts: 1 });
  });

  it('are as many for every call, however many calls have failed', async () => {
    const store = openStore();
    for (let call = 0; call < 40; call++) {
      server.play({ status: 500 }, { status: 500 }, { status: 500 }, { status: 500 });
      expect(await failure(store.put('x', body))).toMatchObject({ attempts: 4 });
    }
    server.play({ status: 500 }, { status: 500 }, { status: 500 }, STORED);
    await expect(store.put('x', body)).resolves.toEqual({ etag: '"stored"' });
    expect(server.received).toHaveLength(164);
  });

  it('end at once when the call is aborted while it waits', async () => {
    const store = openStore({ random: () => 0.999 });
    const controller = new AbortController();
    server.play(s3Error(503, 'SlowDown', { 'retry-after': '9' }));
    const put = failure(store.put('x', body, { signal: controller.signal }));
    await expect.poll(() => server.received.length).toBe(1);
    controller.abort();
    expect(await put).toMatchObject({ code: 'Aborted' });
  });

  it('reuse one connection', async () => {
    const store = openStore();
    server.play({ status: 500 }, STORED, STORED, STORED);
    for (const key of ['a', 'b', 'c']) await store.put(key, body);
    expect(server.connections()).toBe(1);
  });
});

describe('bodies that are refused for their checksum', () => {
  const right = { checksum: { sha256: hash('sha256', body) } };
  const wrong = { checksum: { sha256: hash('sha256', 'something else') } };
  const upload = { key: 'x', uploadId: 'one' };

  it('are sent again when the bytes were damaged on their way', async () => {
    const store = openStore();
    server.play(s3Error(400, 'XAmzContentSHA256Mismatch'), STORED, s3Error(400, 'BadDigest'), STORED);
    await store.put('x', body, right);
    await store.putPart(upload, 1, body, right);
    expect(server.received).toHaveLength(4);
  });

  it('are not sent again when the checksum given was never theirs', async () => {
    const store = openStore();
    server.play(s3Error(400, 'XAmzContentSHA256Mismatch'), s3Error(400, 'XAmzContentSHA256Mismatch'));
    for (const call of [store.put('x', body, wrong), store.putPart(upload, 1, body, wrong)]) {
      const error = await failure(call);
      expect(error).toMatchObject({ code: 'ChecksumMismatch', attempts: 1 });
      expect(error.message).toContain('the checksum given is not that of the body');
    }
    expect(server.received).toHaveLength(2);
  });

  it('end their request at once when they end too soon, and are not sent again', async () => {
    const short = {
      size: 10,
      async *chunks() {
        yield body.subarray(0, 3);
      },
    };
    expect(await failure(openStore().putPart(upload, 1, short))).toMatchObject({ code: 'NotSupported' });
    expect(server.received).toHaveLength(0);
  });
});

describe('the delay before a retry', () => {
  const target = { endpoint: 'http://127.0.0.1', bucket: 'radio' };
  const unavailable = { error: { $metadata: { httpStatusCode: 500 } }, errorType: 'SERVER_ERROR' } as never;
  const slowDown = { name: 'SlowDown', $metadata: { httpStatusCode: 503 } };

  async function delays(random: () => number, info: never, count: number): Promise<number[]> {
    const { strategy } = createCallRetries({ maxAttempts: 100, random, target });
    const found: number[] = [];
    let token = await strategy.acquireInitialRetryToken('');
    for (let retry = 0; retry < count; retry++) {
      token = await strategy.refreshRetryTokenForRetry(token, info);
      found.push(token.getRetryDelay());
    }
    return found;
  }

  it('lies anywhere below a bound that doubles up to ten seconds', async () => {
    expect(await delays(() => 0, unavailable, 3)).toEqual([0, 0, 0]);
    expect(await delays(() => 0.5, unavailable, 8)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it('starts higher when the server asks for fewer requests', async () => {
    const info = { error: slowDown, errorType: 'THROTTLING' } as never;
    expect(await delays(() => 0.5, info, 3)).toEqual([500, 1000, 2000]);
  });

  it('is at least what Retry-After asks for', async () => {
    const retryAfterHint = new Date(Date.now() + 9_000);
    const info = { error: slowDown, errorType: 'THROTTLING', retryAfterHint } as never;
    const [delay] = await delays(() => 0, info, 1);
    expect(delay).toBeGreaterThan(5_000);
    expect(delay).toBeLessThanOrEqual(9_000);
  });
});

describe('conditional puts', () => {
  it.each([
    ['create', 'create', 'AlreadyExists'],
    ['update', { update: { etag: 'bare' } }, 'PreconditionFailed'],
  ] as const)('%s that is refused at once has lost', async (_title, mode, code) => {
    server.play(s3Error(412, 'PreconditionFailed'));
    expect(await failure(openStore().put('x', body, { mode }))).toMatchObject({ code });
  });

  it('create is ambiguous when it is refused after a try without an answer', async () => {
    server.play('lost', s3Error(412, 'PreconditionFailed'));
    expect(await failure(openStore().put('x', body, { mode: 'create' }))).toMatchObject({ code: 'Ambiguous' });
  });

  it('create has lost when the tries before were refused without being carried out', async () => {
    server.play(
      s3Error(409, 'ConditionalRequestConflict'),
      s3Error(503, 'SlowDown'),
      s3Error(412, 'PreconditionFailed'),
    );
    expect(await failure(openStore().put('x', body, { mode: 'create' }))).toMatchObject({ code: 'AlreadyExists' });
  });

  it('update of an object that is gone has lost', async () => {
    server.play(s3Error(404, 'NoSuchKey'), s3Error(404, 'NoSuchKey'));
    const put = openStore().put('x', body, { mode: { update: { etag: '"old"' } } });
    expect(await failure(put)).toMatchObject({ code: 'PreconditionFailed' });
  });

  it('update sends the ETag bare when the server wants it so, and remembers', async () => {
    const store = openStore();
    const update = { mode: { update: { etag: '"old"' } } };
    server.play(s3Error(412, 'PreconditionFailed'), STORED, STORED);
    await store.put('x', body, update);
    await store.put('x', body, update);
    expect(server.received.map(({ headers }) => headers['if-match'])).toEqual(['"old"', 'old', 'old']);
  });
});

describe('errors', () => {
  it.each([
    ['a clock that is wrong', s3Error(403, 'RequestTimeTooSkewed'), 'ClockSkew', 'synchronise the clock'],
    ['a wrong secret', s3Error(403, 'SignatureDoesNotMatch'), 'Unauthenticated', 'copy both keys again'],
    ['a wrong access key', s3Error(403, 'InvalidAccessKeyId'), 'Unauthenticated', 'is not known at http://127.0.0.1:'],
    ['missing rights', s3Error(403, 'AccessDenied'), 'PermissionDenied', '"Object Read & Write" on bucket "radio"'],
    [
      'a missing bucket',
      s3Error(404, 'NoSuchBucket'),
      'NotFound',
      'bucket "radio" does not exist at http://127.0.0.1:',
    ],
    [
      'a wrong region',
      s3Error(400, 'AuthorizationHeaderMalformed'),
      'Unauthenticated',
      'set the region that the server',
    ],
    ['a refused key', s3Error(400, 'KeyTooLongError'), 'InvalidPath', 'use a shorter or simpler one'],
    ['a web page', { status: 200, body: '<html>hello' }, 'Unavailable', "not S3's"],
    ['a web page that is missing', { status: 404, body: '<html>hello' }, 'Unavailable', "not S3's"],
    ['nothing', { status: 200, body: '' }, 'Unavailable', "has not the headers of S3's"],
    ['a redirect', { status: 301, headers: { location: 'http://127.0.0.1:9/' } }, 'Unavailable', 'redirects elsewhere'],
  ])('of an answer that means %s are one line with a remedy', async (_title, answer, code, advice) => {
    server.play(answer, answer, answer, answer);
    const error = await failure(openStore().check());
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(advice);
    expect(error.message).not.toContain('\n');
  });

  it('of a web server that says yes to a put is no success', async () => {
    server.play({ status: 200, body: '<html>hello' });
    expect(await failure(openStore().put('x', body))).toMatchObject({ code: 'Unavailable' });
  });

  it('of a clock that is wrong are mended by the server time, once it is known', async () => {
    const events: S3Event[] = [];
    const inTheFuture = new Date(Date.now() + 3_600_000).toUTCString();
    const stored = { status: 200, headers: { etag: '"stored"', date: inTheFuture } };
    server.play(s3Error(403, 'RequestTimeTooSkewed', { date: inTheFuture }), stored);
    const store = openStore({ onEvent: (event) => events.push(event) });
    await store.put('x', body);
    const [first, second] = server.received.map(({ headers }) => String(headers['x-amz-date']));
    expect(first?.slice(0, 11)).not.toBe(second?.slice(0, 11));
    expect(events).toMatchObject([
      { type: 'clock', level: 'error', message: expect.stringMatching(/3\d{3}\.\d s behind/) },
    ]);
    expect(store.stats().clockOffsetMs).toBeGreaterThan(3_590_000);
  });

  it('say that a clock is a little off, once, and that it agrees again', async () => {
    const events: S3Event[] = [];
    const store = openStore({ onEvent: (event) => events.push(event) });
    for (const aheadMs of [3000, 3000, 0]) {
      const date = new Date(Date.now() + aheadMs).toUTCString();
      server.play({ status: 200, headers: { etag: '"e"', date } });
      await store.put('x', body);
    }
    expect(events.map(({ level }) => level)).toEqual(['warn', 'info']);
    expect(events[0]?.message).toMatch(/s behind that of http.*chronyc tracking/);
  });

  it.each([
    ['does not answer', { requestTimeoutMs: 50 }, 'silent' as const],
    ['sends nothing', { idleTimeoutMs: 50 }, 'silent' as const],
  ])('of a server that %s is a Timeout', async (_title, options, answer) => {
    server.play(answer, answer);
    const error = await failure(openStore({ ...options, maxAttempts: 2 }).put('x', body));
    expect(error).toMatchObject({ code: 'Timeout', attempts: 2 });
  });

  it('of a silent server are not those of a copy or a completion, which it may work on', async () => {
    const store = openStore({ idleTimeoutMs: 20, requestTimeoutMs: 20, copyTimeoutMs: 60_000, maxAttempts: 1 });
    server.play('silent', 'silent');
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [
      failure(store.copy('from', 'to', { signal })),
      failure(store.completeMultipart({ key: 'x', uploadId: 'one' }, [{ partNumber: 1, etag: '"e"' }], { signal })),
    ];
    await expect.poll(() => server.received.length).toBe(2);
    server.play('silent');
    expect(await failure(store.put('x', body))).toMatchObject({ code: 'Timeout' });
    controller.abort();
    expect((await Promise.all(calls)).map((error) => isObjectStoreError(error) && error.code)).toEqual([
      'Aborted',
      'Aborted',
    ]);
    const hasty = openStore({ copyTimeoutMs: 20, maxAttempts: 1 });
    server.play('silent');
    expect(await failure(hasty.copy('from', 'to'))).toMatchObject({ code: 'Timeout' });
  });

  it('of a body that stops halfway reach its reader', async () => {
    const headers = { etag: '"e"', 'last-modified': 'Sat, 21 Nov 2026 00:00:00 GMT', 'content-length': '100' };
    server.play({ status: 200, headers, body: 'only this' });
    const result = await openStore({ idleTimeoutMs: 50 }).get('x');
    expect(await failure(result.bytes())).toMatchObject({ code: 'Timeout', key: 'x' });
  });

  it('never hold the secret, nor a signature', async () => {
    server.play(s3Error(403, 'SignatureDoesNotMatch'));
    const store = openStore();
    const error = await failure(store.put('x', body));
    for (const shown of [
      error.message,
      inspect(error, { depth: 12, showHidden: true }),
      inspect(store, { depth: 12, showHidden: true }),
      JSON.stringify(store),
    ]) {
      expect(shown).not.toContain(SECRET);
      expect(shown).not.toContain('Signature=');
    }
    expect(String(server.received[0]?.headers['authorization'])).toContain('Signature=');
  });

  it('of a closed store are Aborted', async () => {
    const store = openStore();
    server.play('silent');
    const put = failure(store.put('x', body));
    await expect.poll(() => server.received.length).toBe(1);
    store.close();
    expect(await put).toMatchObject({ code: 'Aborted', message: 'the store has been closed' });
    expect(await failure(store.put('x', body))).toMatchObject({ code: 'Aborted' });
    expect(server.received).toHaveLength(1);
  });
});
