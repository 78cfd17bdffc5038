import { manifestOf, MANIFEST_NOW as NOW } from '@bucket-radio/testing';
import { describe, expect, test } from 'vitest';
import { createSite } from './app.ts';
import { loadConfig } from './config.ts';
import { createManifestReader } from './manifest-reader.ts';

const FILES = new Map([
  ['site.js', new TextEncoder().encode('export {};')],
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
  const app = createSite({ config: loadConfig(env), files: async () => FILES, manifest, utcMs: () => NOW });
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

describe('the theme', () => {
  const themed = {
    RADIO_ACCENT: '#112233',
    RADIO_ARTWORK: 'https://img.example/cover.jpg',
    RADIO_DESCRIPTION: 'Records & <talk>',
    RADIO_LINKS: 'Shop https://shop.example/',
    RADIO_SITE_URL: 'https://radio.example',
  };

  test('is in the page, and its picture in the policy', async () => {
    const response = await site(themed)('/');
    const html = await response.text();
    expect(html).toContain('<p class="description">Records &amp; &lt;talk&gt;</p>');
    expect(html).toContain('<img class="artwork" src="https://img.example/cover.jpg" alt=""');
    expect(html).toContain('<a href="https://shop.example/">Shop</a>');
    expect(html).toContain('<meta property="og:image" content="https://radio.example/og.png">');
    expect(response.headers.get('Content-Security-Policy')).toContain("img-src 'self' https://img.example;");
  });

  test('colours the style sheet', async () => {
    expect(await (await site(themed)('/site.css')).text()).toContain(':root { --accent: #112233; }');
    expect(await (await site()('/site.css')).text()).not.toContain('#112233');
  });

  test('goes into the web app manifest', async () => {
    const response = await site(themed)('/site.webmanifest');
    expect(response.headers.get('Content-Type')).toBe('application/manifest+json');
    expect(await response.json()).toMatchObject({
      name: 'Radio <Ünter>',
      theme_color: '#112233',
      display: 'standalone',
    });
  });
});

describe('in somebody else’s page', () => {
  test('the player alone may be framed by anybody, the page by nobody', async () => {
    const embed = await site()('/embed');
    expect(embed.headers.get('Content-Security-Policy')).toContain('frame-ancestors *');
    expect(await embed.text()).toMatch(/<body class="embed">\s*<radio-player /);
    expect((await site()('/')).headers.get('Content-Security-Policy')).toContain("frame-ancestors 'self'");
  });

  test('oEmbed names the frame, also behind a proxy', async () => {
    const get = site({ RADIO_SITE_URL: 'https://radio.example' });
    const response = await get('/oembed?url=https%3A%2F%2Fradio.example%2F');
    expect(await response.json()).toMatchObject({ type: 'rich', title: 'Radio <Ünter>' });
    expect((await get('/oembed?url=https%3A%2F%2Felsewhere.example%2F')).status).toBe(404);
  });
});

describe('a private station', () => {
  const config = { RADIO_TOKEN_URL: 'https://gate.example/api/token', R2_PUBLIC_URL: 'https://gate.example' };

  test('is played through its gate, and its manifest is not handed out', async () => {
    const get = site(config);
    const html = await (await get('/')).text();
    expect(html).toContain('token-url="https://gate.example/api/token"');
    expect(html).not.toContain('index.m3u8');
    expect((await get('/api/manifest')).status).toBe(404);
  });

  test('the site reads it with a token of its own', async () => {
    const asked: [string, RequestInit | undefined][] = [];
    const reader = createManifestReader({
      url: 'https://gate.example/live/manifest.json',
      gate: { tokenUrl: 'https://gate.example/api/token', origin: 'https://radio.example' },
      fetch: (async (url: string, init?: RequestInit) => {
        asked.push([url, init]);
        return url.endsWith('/api/token') ? Response.json({ token: 'v1.a' }) : Response.json(manifestOf());
      }) as typeof fetch,
    });
    expect((await reader.read()).ok).toBe(true);
    expect(asked.map(([url, init]) => [url, init?.method, init?.headers])).toEqual([
      ['https://gate.example/api/token', 'POST', { origin: 'https://radio.example' }],
      [
        'https://gate.example/live/manifest.json',
        undefined,
        { accept: 'application/json', authorization: 'Bearer v1.a' },
      ],
    ]);
  });
});

describe('listener statistics', () => {
  const STATS_TOKEN = 'only-for-this-test';
  const beacon = JSON.stringify({ session: crypto.randomUUID(), listening: true, stalls: 0, quality: 'hq' });

  function counting() {
    const config = loadConfig({ RADIO_STATS_TOKEN: STATS_TOKEN });
    return createSite({ config, files: async () => FILES, utcMs: () => NOW });
  }

  test('are counted from beacons and read with the token', async () => {
    const app = counting();
    const sent = await app.request('/api/beacon', { method: 'POST', body: beacon });
    expect(sent.status).toBe(204);
    const headers = { Authorization: `Bearer ${STATS_TOKEN}` };
    expect(await (await app.request('/api/stats', { headers })).json()).toMatchObject({ listeners: 1 });
    expect(await (await app.request('/metrics', { headers })).text()).toContain('radio_listeners 1\n');
  });

  test.each([{}, { Authorization: 'Bearer wrong' }, { Authorization: STATS_TOKEN }])(
    'are closed to %j',
    async (headers: Record<string, string>) => {
      for (const path of ['/api/stats', '/metrics']) {
        expect((await counting().request(path, { headers })).status).toBe(401);
      }
    },
  );

  test('beacons that are too long, malformed or from another site are refused', async () => {
    const app = counting();
    const send = async (body: string, headers: Record<string, string> = {}) =>
      (await app.request('/api/beacon', { method: 'POST', body, headers })).status;
    expect(await send('x'.repeat(5000))).toBe(413);
    expect(await send('{}')).toBe(400);
    expect(await send(beacon, { 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
  });

  test('do not exist unless the operator asked for them', async () => {
    const get = site();
    expect((await get('/metrics')).status).toBe(404);
    expect(await (await get('/')).text()).not.toContain('data-beacon');
  });
});
