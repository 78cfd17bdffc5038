import { createMemoryStore } from '@bucket-radio/object-store';
import { beforeEach, expect, it } from 'vitest';
import { createOrigin, parseRange } from './origin.ts';

const store = createMemoryStore();
const origin = createOrigin(store, 'radio');
const key = 'live/x/hq/00000001.mp4';
const url = `http://localhost:9000/radio/${key}`;

beforeEach(async () => {
  await store.put(key, Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), {
    attributes: { contentType: 'audio/mp4', cacheControl: 'public, max-age=31536000, immutable' },
  });
});

async function request(init: RequestInit & { readonly path?: string } = {}): Promise<Response> {
  return await origin.request(init.path === undefined ? url : `http://localhost:9000${init.path}`, init);
}

async function body(response: Response): Promise<number[]> {
  return [...new Uint8Array(await response.arrayBuffer())];
}

it('serves an object with its stored headers, ETag and CORS', async () => {
  const response = await request({ headers: { Origin: 'https://example.org' } });
  expect(response.status).toBe(200);
  expect(await body(response)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'audio/mp4',
    'content-length': '10',
    'cache-control': 'public, max-age=31536000, immutable',
    'accept-ranges': 'bytes',
    'access-control-allow-origin': '*',
    etag: (await store.head(key)).etag,
  });
  expect(response.headers.get('access-control-expose-headers')).toMatch(/ETag, Date, Age/);
});

it('answers 304 while the object is the same, and 200 once it changed', async () => {
  const { etag } = await store.head(key);
  for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const same = await request({ headers: { 'If-None-Match': header } });
    expect([same.status, same.headers.get('etag'), (await body(same)).length]).toEqual([304, etag, 0]);
  }
  await store.put(key, Uint8Array.of(9));
  expect((await request({ headers: { 'If-None-Match': etag } })).status).toBe(200);
});

it.each([
  ['bytes=2-4', 'bytes 2-4/10', [2, 3, 4]],
  ['bytes=7-', 'bytes 7-9/10', [7, 8, 9]],
  ['bytes=-2', 'bytes 8-9/10', [8, 9]],
  ['bytes=8-99', 'bytes 8-9/10', [8, 9]],
])('serves the range %s', async (range, contentRange, bytes) => {
  const response = await request({ headers: { Range: range } });
  expect(response.status).toBe(206);
  expect(response.headers.get('content-range')).toBe(contentRange);
  expect(response.headers.get('content-length')).toBe(String(bytes.length));
  expect(await body(response)).toEqual(bytes);
});

it('says which ranges there are when none was asked for', async () => {
  const response = await request({ headers: { Range: 'bytes=10-' } });
  expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */10']);
});

it('ignores ranges it does not understand', () => {
  for (const header of [undefined, 'bytes=', 'bytes=-', 'bytes=5-2', 'bytes=0-1,3-4', 'lines=1-2']) {
    expect(parseRange(header)).toBeUndefined();
  }
});

it('answers HEAD with the headers of GET and no body', async () => {
  const response = await request({ method: 'HEAD' });
  expect([response.status, response.headers.get('content-length'), await body(response)]).toEqual([200, '10', []]);
});

it('allows cross-origin reads before they happen', async () => {
  const response = await request({ method: 'OPTIONS' });
  expect(response.status).toBe(204);
  expect(response.headers.get('access-control-allow-methods')).toBe('GET, HEAD');
});

it('does not let a miss be cached', async () => {
  const response = await request({ path: '/radio/live/x/hq/00000002.mp4' });
  expect([response.status, response.headers.get('cache-control')]).toEqual([404, 'no-store']);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
});

it.each(['/radio/', '/radio/live/', '/', '/other/live/manifest.json'])('lists nothing at %s', async (path) => {
  expect([400, 404]).toContain((await request({ path })).status);
});

it.each(['/radio/live/..%2f..%2fsecret', '/radio/%00', '/radio/%ff', '/radio/a%2f..%2fb'])(
  'refuses %s',
  async (path) => {
    expect((await request({ path })).status).toBe(400);
  },
);

it.each(['PUT', 'POST', 'DELETE', 'PATCH'])('refuses %s', async (method) => {
  const response = await request({ method });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  expect((await store.head(key)).size).toBe(10);
});
