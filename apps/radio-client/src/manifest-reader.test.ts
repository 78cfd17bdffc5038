import { manifestOf } from '@bucket-radio/testing';
import { describe, expect, test } from 'vitest';
import { createManifestReader } from './manifest-reader.ts';

function reader(respond: (call: number, init: RequestInit | undefined) => Promise<Response>) {
  const state = { now: 0, calls: 0 };
  const send = async (_url: unknown, init?: RequestInit): Promise<Response> => await respond(++state.calls, init);
  const made = createManifestReader({ url: 'http://bucket/m.json', fetch: send as typeof fetch, now: () => state.now });
  return { state, read: made.read };
}

const good = async (): Promise<Response> => Response.json(manifestOf());

describe('reading the manifest', () => {
  test('requests that meet, or follow within a second, are one request', async () => {
    const { state, read } = reader(good);
    const answers = await Promise.all([read(), read(), read()]);
    state.now = 999;
    expect(await read()).toBe(answers[0]);
    expect(state.calls).toBe(1);
    state.now = 1000;
    await Promise.all([read(), read()]);
    expect(state.calls).toBe(2);
  });

  test('the body is passed on as it is, with a tag of its bytes', async () => {
    const { read } = reader(good);
    const answer = await read();
    expect(answer).toMatchObject({
      ok: true,
      body: JSON.stringify(manifestOf()),
      etag: expect.stringMatching(/^"[0-9a-f]{24}"$/),
    });
  });

  test('a bucket that does not answer is given up after three seconds', async () => {
    const timeouts: number[] = [];
    const made = createManifestReader({
      url: 'http://bucket/m.json',
      fetch: (async (_: unknown, init: RequestInit) => {
        init.signal?.throwIfAborted();
      }) as unknown as typeof fetch,
      timeout: (ms) => {
        timeouts.push(ms);
        return AbortSignal.abort(new DOMException('late', 'TimeoutError'));
      },
    });
    expect(await made.read()).toMatchObject({
      ok: false,
      code: 'Unreachable',
      message: expect.stringMatching(/within 3 s/),
    });
    expect(timeouts).toEqual([3000]);
  });

  test.each([
    [
      'refuses the connection',
      async () => Promise.reject(new TypeError('fetch failed')),
      'Unreachable',
      /cannot be reached/,
    ],
    ['holds no manifest', async () => new Response('', { status: 404 }), 'NotStarted', /not broadcast anything yet/],
    [
      'is private',
      async () => new Response('', { status: 403 }),
      'Unreachable',
      /answered 403; make the bucket public/,
    ],
    ['holds something else', async () => new Response('<html>'), 'Unreadable', /cannot be read/],
    ['holds another version', async () => Response.json({ ...manifestOf(), version: 2 }), 'Unreadable', /version/],
    ['sends without end', async () => new Response(' '.repeat(70_000)), 'Unreadable', /more than 65536 bytes/],
  ])('a bucket that %s gives an error that says so', async (_, respond, code, message) => {
    const { read } = reader(respond);
    expect(await read()).toMatchObject({ ok: false, code, message: expect.stringMatching(message) });
  });

  test('a failure is asked again after a second, and a good answer follows it', async () => {
    const { state, read } = reader(async (call) => (call === 1 ? new Response('', { status: 500 }) : await good()));
    expect((await read()).ok).toBe(false);
    state.now = 1000;
    expect((await read()).ok).toBe(true);
  });
});
