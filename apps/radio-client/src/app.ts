import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { hasBearer } from './access.ts';
import { addressForListener, addressForServer, type StationAddress } from './address.ts';
import type { SiteConfig } from './config.ts';
import { etagOf, matchesEtag } from './etag.ts';
import { createManifestReader, type ManifestReader } from './manifest-reader.ts';
import { answerOEmbed } from './oembed.ts';
import { drawOgImage, parseColour } from './og-image/og-image.ts';
import { embedPage, type Html, type PageOptions, stationPage } from './page/page.ts';
import { ICON, siteStyle } from './page/style.ts';
import { type PagePolicy, pageSecurityHeaders, SECURITY_HEADERS } from './security-headers.ts';
import { type StationView, viewStation } from './station-view.ts';
import { ListenerStatistics, MAX_BEACON_BYTES, parseBeacon } from './statistics.ts';
import { webManifest } from './web-manifest.ts';

/** The site's scripts by name: `radio-player.js`, `worklet.js`, `site.js`. */
export type SiteFiles = ReadonlyMap<string, Uint8Array>;

export interface SiteOptions {
  readonly config: SiteConfig;
  readonly files: () => Promise<SiteFiles>;
  /** Default: reads the station of `config` over HTTP. */
  readonly manifest?: ManifestReader;
  /** UTC in milliseconds. */
  readonly utcMs?: () => number;
}

/** Shared by every cache for a moment, so that a CDN in front sends one request a second whatever the audience. */
const MANIFEST_CACHE = 'public, max-age=0, s-maxage=1';
/** Revalidated each time: the element and its worklet must be of one version. */
const FILE_CACHE = 'public, no-cache';
const IMAGE_CACHE = 'public, max-age=3600';
/** Embedded anywhere: other sites load the player and read the manifest from here. */
const ANYWHERE: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'ETag, Date, Age',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};
const DEFAULT_ACCENT = '#7cc6d0';

/** The listener site. Knows no `node:` module: what differs between Node, Deno and Workers is passed in. */
export function createSite(options: SiteOptions): Hono {
  const { config, files, utcMs = Date.now } = options;
  const reader = options.manifest ?? createManifestReader(readerOptions(config));
  const view = async (): Promise<StationView> => viewStation(await reader.read(), config.station, utcMs());
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value);
  });
  app.get('/healthz', (c) => c.text('ok\n', 200, { 'Cache-Control': 'no-store' }));
  app.get('/', (c) => answerPage(c, { config, view, render: stationPage }));
  app.get('/embed', (c) => answerPage(c, { config, view, render: embedPage, framedBy: '*' }));
  app.get('/api/status', async (c) => {
    const { state, status, name, nowPlaying, format, fidelity } = await view();
    return c.json({ name, state, status, nowPlaying, format, fidelity }, 200, { 'Cache-Control': MANIFEST_CACHE });
  });
  app.get('/api/manifest', (c) => (config.tokenUrl === undefined ? answerManifest(c, reader) : refusePrivate(c)));
  app.get('/oembed', async (c) => {
    const { name: station } = await view();
    const { status, body } = answerOEmbed({ siteOrigin: siteOriginOf(c, config), station, query: c.req.query() });
    return c.json(body, status, { ...ANYWHERE, 'Cache-Control': IMAGE_CACHE });
  });
  const draw = createImageCache(config);
  app.get('/og.png', async (c) => {
    const { name } = await view();
    return await answerFile(c, await draw(name), 'image/png', { ...ANYWHERE, 'Cache-Control': IMAGE_CACHE });
  });
  app.get('/site.webmanifest', async (c) =>
    answerFile(c, webManifest((await view()).name, config), 'application/manifest+json'),
  );
  const style = siteStyle(config);
  app.get('/site.css', (c) => answerFile(c, style, 'text/css; charset=utf-8'));
  app.get('/icon.svg', (c) => answerFile(c, ICON, 'image/svg+xml'));
  app.get('/site.js', (c) => answerScript(c, files, 'site.js'));
  app.get('/player/:name', (c) => answerScript(c, files, c.req.param('name')));
  if (config.statsToken !== undefined) addStatistics(app, config.statsToken, utcMs);
  app.notFound((c) => c.text('no such page\n', 404));
  return app;
}

interface PageRoute {
  readonly config: SiteConfig;
  readonly view: () => Promise<StationView>;
  readonly render: (options: PageOptions) => Html;
  readonly framedBy?: string;
}

async function answerPage(c: Context, { config, view, render, framedBy }: PageRoute): Promise<Response> {
  const address = addressForListener(config, new URL(c.req.url).hostname);
  if (address === undefined) return c.text('the Host header is not a host name\n', 400);
  const policy = pagePolicy(config, address);
  const headers = pageSecurityHeaders(framedBy === undefined ? policy : { ...policy, framedBy });
  const page = await render({ view: await view(), address, config, siteOrigin: siteOriginOf(c, config) });
  return c.html(page, 200, { ...headers, 'Cache-Control': 'no-cache' });
}

function pagePolicy({ tokenUrl, artwork }: SiteConfig, address: StationAddress): PagePolicy {
  const gate = tokenUrl === undefined ? [] : [new URL(tokenUrl).origin];
  const images = artwork === undefined ? [] : [new URL(artwork).origin];
  return { origins: [...new Set([address.origin, ...gate])], images };
}

/** As listeners reach the site: told by the operator behind a proxy, else as this request was made. */
function siteOriginOf(c: Context, { siteUrl }: SiteConfig): string {
  return new URL(siteUrl ?? c.req.url).origin;
}

function readerOptions(config: SiteConfig): Parameters<typeof createManifestReader>[0] {
  const { manifest: url } = addressForServer(config);
  const { tokenUrl, siteUrl } = config;
  if (tokenUrl === undefined) return { url };
  return { url, gate: { tokenUrl, ...(siteUrl === undefined ? {} : { origin: new URL(siteUrl).origin }) } };
}

/** What the gate keeps from strangers, the page must not hand out. */
function refusePrivate(c: Context): Response {
  const message = 'this station is private: its manifest is read from its gate, with a token';
  return c.json({ error: { code: 'Private', message } }, 404, { 'Cache-Control': IMAGE_CACHE });
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

/** By the ending of the name; of what is not a script itself. */
const SCRIPT_TYPES: Readonly<Record<string, string>> = { map: 'application/json', txt: 'text/plain; charset=utf-8' };

async function answerScript(c: Context, files: () => Promise<SiteFiles>, name: string): Promise<Response> {
  const body = (await files()).get(name);
  if (body === undefined) return c.text('no such file\n', 404);
  const contentType = SCRIPT_TYPES[name.replace(/^.*\./, '')] ?? 'text/javascript; charset=utf-8';
  return await answerFile(c, body, contentType, ANYWHERE);
}

async function answerFile(
  c: Context,
  body: string | Uint8Array,
  contentType: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const etag = await etagOf(body);
  const headers = { 'Cache-Control': FILE_CACHE, ...extra, ETag: etag };
  if (matchesEtag(c.req.header('If-None-Match'), etag)) return c.body(null, 304, headers);
  const data = typeof body === 'string' ? body : new Uint8Array(body);
  return c.body(data, 200, { ...headers, 'Content-Type': contentType });
}

/** Drawing takes a moment; the picture changes only with the station's name. */
function createImageCache({ accent, accentDark }: SiteConfig): (name: string) => Promise<Uint8Array> {
  const colour = parseColour(accentDark ?? accent ?? DEFAULT_ACCENT);
  let drawn: { readonly name: string; readonly image: Promise<Uint8Array> } | undefined;
  return (name) => {
    if (drawn?.name !== name) drawn = { name, image: drawOgImage(name, colour) };
    return drawn.image;
  };
}

function addStatistics(app: Hono, token: string, utcMs: () => number): void {
  const statistics = new ListenerStatistics(utcMs);
  app.post('/api/beacon', bodyLimit({ maxSize: MAX_BEACON_BYTES }), async (c) => {
    const site = c.req.header('Sec-Fetch-Site');
    if (site !== undefined && site !== 'same-origin') return c.text('beacons come from this site\n', 403);
    const beacon = parseBeacon(await c.req.text());
    if (beacon === undefined) return c.text('not a beacon\n', 400);
    statistics.take(beacon);
    return c.body(null, 204, { 'Cache-Control': 'no-store' });
  });
  const guarded = async (c: Context, answer: () => Response): Promise<Response> =>
    (await hasBearer(c.req.header('Authorization'), token))
      ? answer()
      : c.text('send Authorization: Bearer and RADIO_STATS_TOKEN\n', 401, { 'WWW-Authenticate': 'Bearer' });
  const headers = { 'Cache-Control': 'no-store' };
  app.get('/api/stats', (c) => guarded(c, () => c.json(statistics.summary(), 200, headers)));
  app.get('/metrics', (c) =>
    guarded(c, () => c.text(statistics.metrics(), 200, { ...headers, 'Content-Type': 'text/plain; version=0.0.4' })),
  );
}
