import { expandIndexPath, type Manifest, parseManifest } from '@bucket-radio/manifest';
import { expect, test } from 'vitest';
import {
  bucketOf,
  CONFIG,
  EPOCH,
  EPOCH_BEFORE,
  MULTIVARIANT,
  manifestOf,
  NOW,
  objectsOf,
  SECRETS,
  SEGMENT,
} from '../test/fixtures.ts';
import { createEdge } from './app.ts';
import type { EdgeCache } from './bucket.ts';
import type { EdgeConfig } from './config.ts';

const MINUTE = 60_000;
const ORIGIN = { Origin: 'https://radio.example' };

function gate(config: Partial<EdgeConfig> = {}, cache?: EdgeCache) {
  const clock = { nowMs: NOW };
  const { bucket, reads } = bucketOf();
  const options = { config: { ...CONFIG, ...config }, bucket, utcMs: () => clock.nowMs };
  const app = createEdge(cache === undefined ? options : { ...options, cache });
  const get = async (path: string, headers: Record<string, string> = {}) =>
    app.request(`https://gate.example${path}`, { headers });
  const token = async (): Promise<string> => {
    const response = await app.request('https://gate.example/api/token', { method: 'POST', headers: ORIGIN });
    return ((await response.json()) as { token: string }).token;
  };
  const readManifest = async (): Promise<Manifest> => {
    const response = await get('/live/manifest.json', { Authorization: `Bearer ${await token()}` });
    return parseManifest(await response.text());
  };
  return { app, clock, reads, get, token, readManifest };
}

function memoryCache(): EdgeCache {
  const kept = new Map<string, Response>();
  return {
    match: async ({ url }) => kept.get(url)?.clone(),
    put: async ({ url }, response) => {
      kept.set(url, response);
    },
  };
}

function pathOf(manifest: Manifest, index = '00000042'): string {
  return `/live/${manifest.renditions[0]?.segment.replace('{index}', index)}`;
}

test('without a token the manifest and the playlists are closed, and nothing is read', async () => {
  const { get, reads } = gate();
  for (const name of ['manifest.json', 'index.m3u8', 'hq.m3u8', 'lq.m3u8']) {
    const response = await get(`/live/${name}`);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: 'TokenMissing' } });
  }
  expect(reads).toEqual([]);
});

test('a token opens the manifest, whose paths open the segments', async () => {
  const { get, token } = gate();
  const response = await get('/live/manifest.json', { Authorization: `Bearer ${await token()}`, ...ORIGIN });
  expect(response.status).toBe(200);
  expect(response.headers.get('Cache-Control')).toBe('private, no-store');
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://radio.example');
  const manifest = parseManifest(await response.text());
  expect(manifest).toMatchObject({ station: 'Private Radio', latest: 42, validUntil: NOW + 20 * MINUTE });
  const segment = await get(pathOf(manifest));
  expect(segment.status).toBe(200);
  expect(new Uint8Array(await segment.arrayBuffer())).toEqual(SEGMENT);
  expect(segment.headers.get('Cache-Control')).toBe('public, max-age=1200');
  expect((await get(`/live/${manifest.renditions[0]?.init}`)).status).toBe(200);
});

test('playlists carry the same paths', async () => {
  const { get, token, readManifest } = gate();
  const Authorization = `Bearer ${await token()}`;
  const media = await (await get('/live/hq.m3u8', { Authorization })).text();
  const manifest = await readManifest();
  const uris = media.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(uris).toHaveLength(2);
  expect(`/live/${uris[1]}`).toBe(pathOf(manifest));
  expect(media).toContain(`#EXT-X-MAP:URI="${manifest.renditions[0]?.init}"`);
  expect(await (await get('/live/index.m3u8', { Authorization })).text()).toBe(MULTIVARIANT);
});

test('the hours of a long window are opened like segments, and always revalidated', async () => {
  const index = { path: `${EPOCH}/index/{hour}.json`, hour: '2026112019', below: 41 };
  const objects = objectsOf(manifestOf({ index }));
  objects.set(`live/${EPOCH}/index/2026112019.json`, '{"version":1}');
  const app = createEdge({ config: CONFIG, bucket: bucketOf(objects).bucket, utcMs: () => NOW });
  const issued = await app.request('https://gate.example/api/token', { method: 'POST', headers: ORIGIN });
  const Authorization = `Bearer ${((await issued.json()) as { token: string }).token}`;
  const answer = await app.request('https://gate.example/live/manifest.json', { headers: { Authorization } });
  const path = expandIndexPath(parseManifest(await answer.text()), index.hour);
  const get = (at: string | undefined, headers = {}) => app.request(`https://gate.example/live/${at}`, { headers });
  const hour = await get(path);
  expect([hour.status, hour.headers.get('Cache-Control'), await hour.text()]).toEqual([
    200,
    'no-cache',
    '{"version":1}',
  ]);
  expect((await get(path, { 'If-None-Match': hour.headers.get('ETag') })).status).toBe(304);
  expect((await get(path?.replace('2019', '2018'))).status).toBe(404);
  expect((await get(path?.replace(/^s\/[^/]+/, 's/forged'))).status).toBe(403);
  expect((await get(`${EPOCH}/index/${index.hour}.json`)).status).toBe(404);
});

test('every listener of a slot gets the same paths, and the paths of an earlier epoch work too', async () => {
  const { readManifest, get } = gate();
  const [one, two] = [await readManifest(), await readManifest()];
  expect(two).toEqual(one);
  expect((await get(pathOf(one, '00000039').replace(EPOCH, EPOCH_BEFORE))).status).toBe(200);
});

test.each([
  ['in its own slot', 0, 200],
  ['at the end of the next slot', 20 * MINUTE - 1, 200],
  ['after it', 20 * MINUTE, 403],
  ['when the clock was set back', -1, 403],
])('a path that was copied %s', async (_, laterMs, status) => {
  const { get, clock, readManifest } = gate();
  const path = pathOf(await readManifest());
  clock.nowMs += laterMs;
  expect((await get(path)).status).toBe(status);
});

test('a manifest says until when its paths work: never longer than they do', async () => {
  const { clock, get, readManifest } = gate({ tokensPerMinute: 100 });
  for (const minute of [0, 5, 9.99, 10, 15]) {
    clock.nowMs = NOW + minute * MINUTE;
    const manifest = await readManifest();
    const validUntil = manifest.validUntil ?? 0;
    expect(validUntil - clock.nowMs).toBeGreaterThan(10 * MINUTE);
    clock.nowMs = validUntil - 1;
    expect((await get(pathOf(manifest))).status).toBe(200);
    clock.nowMs = validUntil;
    expect((await get(pathOf(manifest))).status).toBe(403);
  }
});

test('tokens that are not good are refused, each with its code', async () => {
  const { get, clock, token } = gate({ tokensPerMinute: 100 });
  const good = await token();
  const [version, expiry, id, mac = ''] = good.split('.');
  const altered = mac.startsWith('A') ? `B${mac.slice(1)}` : `A${mac.slice(1)}`;
  const otherKey = await gate({ secrets: [SECRETS[1]] }).token();
  const cases: [string, string][] = [
    [`${version}.${expiry}.${id}.${altered}`, 'TokenForged'],
    [`${version}.${(NOW + 9e9).toString(36)}.${id}.${mac}`, 'TokenForged'],
    [otherKey, 'TokenForged'],
    ['hello', 'TokenMalformed'],
    [`${good}.`, 'TokenMalformed'],
    ['x'.repeat(10_000), 'TokenMalformed'],
  ];
  for (const [bad, code] of cases) {
    const response = await get('/live/manifest.json', { Authorization: `Bearer ${bad}` });
    expect([response.status, await response.json()]).toMatchObject([403, { error: { code } }]);
  }
  clock.nowMs += 300_000;
  const late = await get('/live/manifest.json', { Authorization: `Bearer ${good}` });
  expect(await late.json()).toMatchObject({ error: { code: 'TokenExpired' } });
});

test('a rotated secret is accepted while it is listed, and worth nothing afterwards', async () => {
  const before = gate({ secrets: [SECRETS[1]] });
  const Authorization = `Bearer ${await before.token()}`;
  const path = pathOf(await before.readManifest());
  const during = gate({ secrets: [...SECRETS] });
  expect((await during.get('/live/manifest.json', { Authorization })).status).toBe(200);
  expect((await during.get(path)).status).toBe(200);
  const after = gate({ secrets: [SECRETS[0]] });
  expect((await after.get('/live/manifest.json', { Authorization })).status).toBe(403);
  expect((await after.get(path)).status).toBe(403);
});

test('a session MAC is no path MAC', async () => {
  const { get, token } = gate();
  const mac = (await token()).split('.')[3];
  expect((await get(`/live/s/${mac}/${EPOCH}/hq/00000042.mp4`)).status).toBe(403);
});

test('only objects of the station are served, whatever the path says', async () => {
  const { get, readManifest, reads } = gate();
  const mac = (await readManifest()).renditions[0]?.init.split('/')[1];
  reads.length = 0;
  for (const path of [
    `/live/s/${mac}/${EPOCH}/hq/manifest.json`,
    `/live/s/${mac}/${EPOCH}/hq/%2e%2e`,
    `/live/s/${mac}/x/hq/00000042.mp4`,
    '/live/secret.txt',
    `/live/${EPOCH}/hq/00000042.mp4`,
    `/cache/live/${EPOCH}/hq/00000042.mp4`,
  ]) {
    expect((await get(path)).status).toBe(404);
  }
  expect(reads).toEqual([]);
});

test('segments answer ranges and conditions', async () => {
  const { get, readManifest } = gate();
  const path = pathOf(await readManifest());
  const part = await get(path, { Range: 'bytes=10-19' });
  expect([part.status, part.headers.get('Content-Range')]).toEqual([206, 'bytes 10-19/1000']);
  expect(new Uint8Array(await part.arrayBuffer())).toEqual(SEGMENT.slice(10, 20));
  expect((await get(path, { Range: 'bytes=1000-' })).status).toBe(416);
  const etag = (await get(path)).headers.get('ETag') ?? '';
  expect((await get(path, { 'If-None-Match': etag })).status).toBe(304);
  expect((await get(path.replace('0042', '0099'))).status).toBe(404);
});

test('a segment is read from the bucket once, in every slot', async () => {
  const { get, clock, reads, readManifest } = gate({}, memoryCache());
  for (const minute of [0, 1, 10, 20]) {
    clock.nowMs = NOW + minute * MINUTE;
    expect((await get(pathOf(await readManifest()))).status).toBe(200);
  }
  expect(reads.filter((key) => key.endsWith('42.mp4'))).toHaveLength(1);
});

test('the manifest is read at most twice a second, however many listeners ask', async () => {
  const { get, clock, token, reads } = gate();
  const Authorization = `Bearer ${await token()}`;
  for (let asked = 0; asked < 1000; asked++) {
    clock.nowMs += 2;
    await get('/live/manifest.json', { Authorization });
  }
  expect(reads.length).toBeGreaterThan(0);
  expect(reads.length).toBeLessThanOrEqual(4);
});

test('an unchanged manifest is a 304 until its paths change', async () => {
  const { get, clock, token } = gate({ tokenSeconds: 3600 });
  const Authorization = `Bearer ${await token()}`;
  const etag = (await get('/live/manifest.json', { Authorization })).headers.get('ETag') ?? '';
  const again = () => get('/live/manifest.json', { Authorization, 'If-None-Match': etag });
  expect((await again()).status).toBe(304);
  clock.nowMs += 10 * MINUTE;
  expect((await again()).status).toBe(200);
});

test('tokens are limited a minute and caller', async () => {
  const { app, clock } = gate();
  const ask = async (address: string) =>
    app.request('https://gate.example/api/token', {
      method: 'POST',
      headers: { ...ORIGIN, 'CF-Connecting-IP': address },
    });
  for (let calls = 0; calls < 5; calls++) expect((await ask('192.0.2.1')).status).toBe(200);
  const refused = await ask('192.0.2.1');
  expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '60']);
  expect((await ask('192.0.2.2')).status).toBe(200);
  clock.nowMs += MINUTE;
  expect((await ask('192.0.2.1')).status).toBe(200);
});

test('pages of other sites get no token and may read nothing', async () => {
  const { app, get } = gate();
  const Origin = 'https://elsewhere.example';
  const response = await app.request('https://gate.example/api/token', { method: 'POST', headers: { Origin } });
  expect(response.status).toBe(403);
  expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
  expect((await get('/healthz', { Origin })).headers.get('Access-Control-Allow-Origin')).toBeNull();
  const preflight = await app.request('https://gate.example/live/manifest.json', {
    method: 'OPTIONS',
    headers: { ...ORIGIN, 'Access-Control-Request-Method': 'GET' },
  });
  expect(preflight.headers.get('Access-Control-Allow-Headers')).toContain('Authorization');
  expect(preflight.headers.get('Access-Control-Allow-Origin')).toBe('https://radio.example');
});

test('a bucket that fails is a 503 without a path MAC in the log, and the next listener tries again', async () => {
  const objects = objectsOf(manifestOf());
  const { bucket } = bucketOf(objects);
  let failing = true;
  const seen: string[] = [];
  const app = createEdge({
    config: CONFIG,
    bucket: {
      get: async (key) => {
        if (failing) throw new Error('R2 is away (10001)');
        return bucket.get(key);
      },
    },
    utcMs: () => NOW,
    onError: (error, path) => seen.push(`${path} ${String(error)}`),
  });
  const issued = await app.request('https://gate.example/api/token', { method: 'POST', headers: ORIGIN });
  const Authorization = `Bearer ${((await issued.json()) as { token: string }).token}`;
  const read = () => app.request('https://gate.example/live/manifest.json', { headers: { Authorization } });
  expect((await read()).status).toBe(503);
  failing = false;
  const manifest = parseManifest(await (await read()).text());
  failing = true;
  expect((await app.request(`https://gate.example${pathOf(manifest)}`)).status).toBe(503);
  const mac = manifest.renditions[0]?.init.split('/')[1] ?? '';
  expect(seen).toHaveLength(2);
  expect(seen.join('\n')).not.toContain(mac);
});
