import { type Context, Hono } from 'hono';
import { addressForListener, addressForServer } from './address.ts';
import type { SiteConfig } from './config.ts';
import { etagOf, matchesEtag } from './etag.ts';
import { createManifestReader, type ManifestReader } from './manifest-reader.ts';
import { stationPage } from './page/page.ts';
import { ICON, STYLE } from './page/style.ts';
import { pageSecurityHeaders, SECURITY_HEADERS } from './security-headers.ts';
import { viewStation } from './station-view.ts';

/** The player's files by name: `radio-player.js`, `worklet.js`. */
export type PlayerFiles = ReadonlyMap<string, Uint8Array>;

export interface SiteOptions {
  readonly config: SiteConfig;
  readonly player: () => Promise<PlayerFiles>;
  /** Default: reads the station of `config` over HTTP. */
  readonly manifest?: ManifestReader;
  /** UTC in milliseconds. */
  readonly utcMs?: () => number;
}

/** Shared by every cache for a moment, so that a CDN in front sends one request a second whatever the audience. */
const MANIFEST_CACHE = 'public, max-age=0, s-maxage=1';
/** Revalidated each time: the element and its worklet must be of one version. */
const FILE_CACHE = 'public, no-cache';
/** Embedded anywhere: other sites load the player and read the manifest from here. */
const ANYWHERE: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'ETag, Date, Age',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

/** The listener site. Knows no `node:` module: what differs between Node, Deno and Workers is passed in. */
export function createSite({ config, player, manifest, utcMs = Date.now }: SiteOptions): Hono {
  const reader = manifest ?? createManifestReader({ url: addressForServer(config).manifest });
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value);
  });
  app.get('/healthz', (c) => c.text('ok\n', 200, { 'Cache-Control': 'no-store' }));
  app.get('/', async (c) => {
    const url = new URL(c.req.url);
    const address = addressForListener(config, url.hostname);
    if (address === undefined) return c.text('the Host header is not a host name\n', 400);
    const view = viewStation(await reader.read(), config.station, utcMs());
    const headers = { ...pageSecurityHeaders(address.origin), 'Cache-Control': 'no-cache' };
    return c.html(await stationPage({ view, address, siteOrigin: url.origin }), 200, headers);
  });
  app.get('/api/manifest', (c) => answerManifest(c, reader));
  app.get('/site.css', (c) => answerFile(c, STYLE, 'text/css; charset=utf-8'));
  app.get('/icon.svg', (c) => answerFile(c, ICON, 'image/svg+xml'));
  app.get('/player/:name', async (c) => {
    const name = c.req.param('name');
    const body = (await player()).get(name);
    if (body === undefined) return c.text('no such file\n', 404);
    return await answerFile(c, body, contentTypeOf(name), ANYWHERE);
  });
  app.notFound((c) => c.text('no such page\n', 404));
  return app;
}

async function answerManifest(c: Context, reader: ManifestReader): Promise<Response> {
  const answer = await reader.read();
  if (!answer.ok) {
    const body = { error: { code: answer.code, message: answer.message } };
    return c.json(body, 503, { ...ANYWHERE, 'Cache-Control': MANIFEST_CACHE, 'Retry-After': '2' });
  }
  const headers = { ...ANYWHERE, ETag: answer.etag, 'Cache-Control': MANIFEST_CACHE };
  if (matchesEtag(c.req.header('If-None-Match'), answer.etag)) return c.body(null, 304, headers);
  return c.body(answer.body, 200, { ...headers, 'Content-Type': 'application/json' });
}

async function answerFile(
  c: Context,
  body: string | Uint8Array,
  contentType: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const etag = await etagOf(body);
  const headers = { ...extra, ETag: etag, 'Cache-Control': FILE_CACHE };
  if (matchesEtag(c.req.header('If-None-Match'), etag)) return c.body(null, 304, headers);
  const data = typeof body === 'string' ? body : new Uint8Array(body);
  return c.body(data, 200, { ...headers, 'Content-Type': contentType });
}

function contentTypeOf(name: string): string {
  return name.endsWith('.map') ? 'application/json' : 'text/javascript; charset=utf-8';
}
