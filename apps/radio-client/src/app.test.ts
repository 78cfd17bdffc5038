import { describe, expect, test } from 'vitest';
import { createSite } from './app.ts';
import { loadConfig } from './config.ts';
import { createManifestReader } from './manifest-reader.ts';
import { manifestOf, NOW } from './testing.ts';

const PLAYER = new Map([
  ['radio-player.js', new TextEncoder().encode('export {};')],
  ['worklet.js', new TextEncoder().encode('registerProcessor;')],
]);

function site(
  env: Record<string, string> = {},
  respond: () => Response | Promise<Response> = () => Response.json(manifestOf()),
) {
  const manifest = createManifestReader({
    url: 'http://bucket/',
    fetch: (async () => await respond()) as typeof fetch,
  });
  const app = createSite({ config: loadConfig(env), player: async () => PLAYER, manifest, utcMs: () => NOW });
  return async (path: string, headers: Record<string, string> = {}) =>
    await app.request(path.startsWith('http') ? path : `http://radio.lan:3000${path}`, { headers });
}

const unreachable = (): Promise<Response> => Promise.reject(new TypeError('fetch failed'));

describe('the page', () => {
  test('is complete as HTML: name, state, format, how to listen, the player and its source', async () => {
    const response = await site()('/');
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(html).toContain('<h1>Radio &lt;Ünter&gt;</h1>');
    expect(html).toMatch(/data-state="live".*On the air/);
    expect(html).toContain('Lossless FLAC, 48\u00a0kHz, 24\u00a0bit');
    expect(html).toContain('<radio-player src="http://radio.lan:9000/radio/live/manifest.json">');
    expect(html).toContain('<audio controls preload="none" src="http://radio.lan:9000/radio/live/index.m3u8">');
    expect(html).toContain('mpv http://radio.lan:9000/radio/live/index.m3u8');
  });

  test('allows no inline script or style, and contains none', async () => {
    const response = await site()('/');
    const policy = response.headers.get('Content-Security-Policy') ?? '';
    const html = await response.text();
    expect(policy).not.toMatch(/unsafe/);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self' http://radio.lan:9000");
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/i);
  });

  test('reads a public bucket where one is named', async () => {
    const response = await site({ R2_PUBLIC_URL: 'https://cdn.example/x' })('/');
    expect(response.headers.get('Content-Security-Policy')).toContain("connect-src 'self' https://cdn.example;");
    expect(await response.text()).toContain('src="https://cdn.example/x/live/manifest.json"');
  });

  test('text from the manifest stays text', async () => {
    const nowPlaying = { frame: 0, title: '<img src=x onerror=alert(1)>', artist: '"&' };
    const html = await (await site({}, () => Response.json(manifestOf({ nowPlaying })))('/')).text();
    expect(html).toContain('&quot;&amp; · &lt;img src=x onerror=alert(1)&gt;');
    expect(html).not.toContain('<img');
  });

  test('is there when the bucket is not', async () => {
    const response = await site({ RADIO_STATION: 'Mine' }, unreachable)('/');
    expect(response.status).toBe(200);
    const html = await response.text();
    expect(html).toContain('<h1>Mine</h1>');
    expect(html).toContain('data-state="offline"');
  });

  test('a host name that could change the policy is refused', async () => {
    expect((await site()("http://a;script-src'/")).status).toBe(400);
  });

  test.each(['/', '/healthz', '/api/manifest', '/player/worklet.js', '/nothing'])(
    '%s has the security headers',
    async (path) => {
      const { headers } = await site()(path);
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(headers.get('Referrer-Policy')).toBe('strict-origin-when-cross-origin');
    },
  );
});

describe('/api/manifest', () => {
  test('passes the manifest on, for a CDN to share and any page to read', async () => {
    const response = await site()('/api/manifest');
    expect(await response.json()).toEqual(manifestOf());
    expect(response.headers.get('Content-Type')).toBe('application/json');
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=0, s-maxage=1');
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
  });

  test('answers 304 to whoever has it', async () => {
    const get = site();
    const etag = (await get('/api/manifest')).headers.get('ETag') ?? '';
    const again = await get('/api/manifest', { 'If-None-Match': `"other", W/${etag}` });
    expect([again.status, await again.text(), again.headers.get('ETag')]).toEqual([304, '', etag]);
    expect((await get('/api/manifest', { 'If-None-Match': '"other"' })).status).toBe(200);
  });

  test('says 503 and why when the bucket cannot be reached', async () => {
    const response = await site({}, unreachable)('/api/manifest');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      error: {
        code: 'Unreachable',
        message: 'the station cannot be read: its bucket cannot be reached; try again in a moment',
      },
    });
  });
});

describe('the player files', () => {
  test('are JavaScript, revalidated, and may be used by other sites', async () => {
    const get = site();
    const response = await get('/player/radio-player.js');
    expect(await response.text()).toBe('export {};');
    expect(response.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8');
    expect(response.headers.get('Cache-Control')).toBe('public, no-cache');
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
    const etag = response.headers.get('ETag') ?? '';
    expect((await get('/player/radio-player.js', { 'If-None-Match': etag })).status).toBe(304);
  });

  test.each(['/player/other.js', '/player/..%2Fmain.ts', '/player/'])('%s is not there', async (path) => {
    expect((await site()(path)).status).toBe(404);
  });
});

test('the style sheet and the icon are served with their types', async () => {
  expect((await site()('/site.css')).headers.get('Content-Type')).toBe('text/css; charset=utf-8');
  expect((await site()('/icon.svg')).headers.get('Content-Type')).toBe('image/svg+xml');
});
