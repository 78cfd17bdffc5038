import { Hono } from 'hono';
import type { History } from '../desk/history.ts';
import type { MonitorStatus } from '../desk/monitor-status.ts';
import type { LogLine } from '../log-tail.ts';
import type { Levels } from '../status.ts';
import { checkAccess, createLogin, loginPage, type MonitorAccess } from './access.ts';
import { isJson, limitBody, readBody, titleSchema } from './bodies.ts';
import { createEvents } from './events.ts';
import type { MonitorFeed, Title } from './feed.ts';
import { createMetrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { unready } from './readiness.ts';

/** Files of the monitor page by name. */
export type MonitorFiles = ReadonlyMap<string, { readonly body: Uint8Array; readonly contentType: string }>;

/** What the monitor shows and moves. */
export interface MonitorDesk {
  readonly feed: MonitorFeed;
  readonly history: Pick<History, 'minutes'>;
  readonly levels: Levels | undefined;
  readonly logLines: readonly LogLine[];
  /** `null` until the station is known. */
  status(): MonitorStatus | null;
  /** @returns false unless it was off the air */
  start(): boolean;
  /** @returns false unless it was on the air */
  stop(): boolean;
  /** @returns false before the station is on air */
  nowPlaying(title: Title): boolean;
  /** @returns false when nothing is recorded */
  cue(title: Title): boolean;
  resetLoudness(): void;
}

export interface MonitorOptions {
  readonly desk: MonitorDesk;
  readonly files: () => Promise<MonitorFiles>;
  readonly access: MonitorAccess;
  /** Origin of the bucket, from which the page's player plays. */
  readonly bucketOrigin: string;
}

function securityHeaders(bucketOrigin: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'self'",
    `connect-src 'self' ${bucketOrigin}`,
    `media-src 'self' ${bucketOrigin} blob:`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  };
}

/** The operator's page and API. */
export function createMonitor(options: MonitorOptions): Hono {
  const { desk, files, access } = options;
  const app = new Hono();
  const headers = Object.entries(securityHeaders(options.bucketOrigin));
  app.use(async (c, next) => {
    for (const [name, value] of headers) c.header(name, value);
    return await next();
  });
  app.use(checkAccess(access));
  app.use(limitBody);
  app.onError((_error, c) => c.text('the monitor could not answer this\n', 500));
  addReads(app, desk);
  addChanges(app, desk);
  app.get('/login', (c) => c.html(loginPage()));
  app.post('/login', createLogin(access));
  app.get('/favicon.ico', (c) => c.body(null, 204));
  app.get('/:name{.*}', async (c) => {
    const name = c.req.param('name');
    const file = (await files()).get(name === '' ? 'index.html' : name);
    if (file === undefined) return c.text('no such page\n', 404);
    c.header('Content-Type', file.contentType);
    c.header('Cache-Control', 'no-cache');
    return c.body(new Uint8Array(file.body));
  });
  return app;
}

function addReads(app: Hono, desk: MonitorDesk): void {
  const metrics = createMetrics(() => ({ status: desk.status(), levels: desk.levels }));
  app.get('/healthz', (c) => c.text('ok\n'));
  app.get('/readyz', (c) => {
    const reasons = unready(desk.status());
    return c.json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503);
  });
  app.get('/status', (c) => c.json(desk.status()));
  app.get('/history', (c) => c.json(desk.history.minutes));
  app.get('/log', (c) => c.json(desk.logLines));
  app.get('/openapi.json', (c) => c.json(openApiDocument()));
  app.get('/metrics', async (c) => c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }));
  app.get(
    '/events',
    createEvents(desk.feed, () => [['status', desk.status()]]),
  );
}

function addChanges(app: Hono, desk: MonitorDesk): void {
  app.post('/start', (c) => (desk.start() ? c.body(null, 204) : c.text('the station is not off the air\n', 409)));
  app.post('/stop', (c) => (desk.stop() ? c.body(null, 204) : c.text('the station is not on the air\n', 409)));
  app.post('/loudness/reset', (c) => {
    desk.resetLoudness();
    return c.body(null, 204);
  });
  app.post('/now-playing', async (c) => {
    if (!isJson(c)) return c.text('send application/json\n', 415);
    const title = await readBody(c, titleSchema);
    if (title === undefined) {
      return c.text('send JSON with title, and artist and album if known, at most 200 bytes each\n', 400);
    }
    return desk.nowPlaying(title) ? c.body(null, 204) : c.text('the station is not on air yet\n', 503);
  });
  app.post('/cue', async (c) => {
    if (!isJson(c)) return c.text('send application/json\n', 415);
    const cue = await readBody(c, titleSchema);
    if (cue === undefined) return c.text('send JSON with title, and artist if known, at most 200 bytes each\n', 400);
    return desk.cue(cue) ? c.body(null, 204) : c.text('nothing is being recorded\n', 503);
  });
}
