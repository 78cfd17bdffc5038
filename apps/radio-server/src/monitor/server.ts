import { MAX_TEXT_BYTES, utf8Length } from '@bucket-radio/manifest';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import type { Levels, SegmentStatus, StationStatus } from '../status.ts';

/** What the monitor can be told; each event has its own name on the stream. */
export interface MonitorEvents {
  readonly status: StationStatus | null;
  readonly levels: Levels;
  readonly segment: SegmentStatus;
}

type Subscriber = <Name extends keyof MonitorEvents>(name: Name, data: MonitorEvents[Name]) => void;

/** Hands every event to every open monitor page. */
export class MonitorFeed {
  readonly #subscribers = new Set<Subscriber>();

  emit<Name extends keyof MonitorEvents>(name: Name, data: MonitorEvents[Name]): void {
    for (const subscriber of this.#subscribers) subscriber(name, data);
  }

  /** @returns ends the subscription */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }
}

/** Files of the monitor page by name. */
export type MonitorFiles = ReadonlyMap<string, { readonly body: Uint8Array; readonly contentType: string }>;

/** What the operator says is playing; it applies to what is captured when it arrives. */
export interface Title {
  readonly title: string;
  readonly artist?: string;
  readonly album?: string;
}

export interface MonitorOptions {
  readonly feed: MonitorFeed;
  /** `null` until the station is known. */
  readonly status: () => StationStatus | null;
  readonly files: () => Promise<MonitorFiles>;
  /** @returns false before the station is on air */
  readonly onNowPlaying?: (title: Title) => boolean;
  /** Marks the recording. @returns false when nothing is being recorded */
  readonly onCue?: (title: Title) => boolean;
}

/** Names of this machine that never leave it. A page elsewhere whose name is rebound to 127.0.0.1 sends its own. */
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

const titleText = z
  .string()
  .trim()
  .refine((text) => utf8Length(text) <= MAX_TEXT_BYTES);
const titleSchema: z.ZodType<Title> = z.object({
  title: titleText.min(1),
  artist: titleText.exactOptional(),
  album: titleText.exactOptional(),
});

/** Whether a browser sends this for a page that is not the monitor's own. Programs send neither header. */
function isCrossSite(headers: Headers): boolean {
  const site = headers.get('Sec-Fetch-Site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return true;
  const origin = headers.get('Origin');
  return origin !== null && origin !== `http://${headers.get('Host') ?? ''}`;
}

/** Events a slow page may fall behind before they are dropped for it: the next status carries everything. */
const MAX_WAITING_EVENTS = 100;

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** The operator's page and what feeds it. Bound to loopback; answers only requests addressed to loopback names. */
export function createMonitor({ feed, status, files, onNowPlaying, onCue }: MonitorOptions): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    if (!LOOPBACK_HOST.test(c.req.header('Host') ?? ''))
      return c.text('the monitor answers on loopback names only\n', 403);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.header(name, value);
    return await next();
  });
  app.get('/healthz', (c) => c.text('ok\n'));
  app.get('/favicon.ico', (c) => c.body(null, 204));
  app.get('/status', (c) => c.json(status()));
  app.get('/events', (c) =>
    streamSSE(c, async (stream) => {
      const waiting: { event: string; data: string }[] = [{ event: 'status', data: JSON.stringify(status()) }];
      let wake: () => void = () => undefined;
      const unsubscribe = feed.subscribe((event, data) => {
        if (waiting.length < MAX_WAITING_EVENTS) waiting.push({ event, data: JSON.stringify(data) });
        wake();
      });
      stream.onAbort(() => {
        unsubscribe();
        wake();
      });
      while (!stream.aborted) {
        for (const message of waiting.splice(0)) await stream.writeSSE(message);
        if (waiting.length > 0) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }),
  );
  app.post('/now-playing', async (c) => {
    if (isCrossSite(c.req.raw.headers)) return c.text('another site may not say what is playing\n', 403);
    const title = titleSchema.safeParse(await c.req.json().catch(() => undefined));
    if (!title.success)
      return c.text('send JSON with title, and artist and album if known, at most 200 bytes each\n', 400);
    if (onNowPlaying?.(title.data) !== true) return c.text('the station is not on air yet\n', 503);
    return c.body(null, 204);
  });
  app.post('/cue', async (c) => {
    if (isCrossSite(c.req.raw.headers)) return c.text('another site may not mark the recording\n', 403);
    const cue = titleSchema.safeParse(await c.req.json().catch(() => undefined));
    if (!cue.success) return c.text('send JSON with title, and artist if known, at most 200 bytes each\n', 400);
    if (onCue?.(cue.data) !== true) return c.text('nothing is being recorded\n', 503);
    return c.body(null, 204);
  });
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
