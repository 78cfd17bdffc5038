import {
  MANIFEST_KEY,
  PLAYLIST_KEYS,
  parseManifest,
  parseStationKey,
  stationObjectHeaders,
} from '@bucket-radio/manifest';
import { type Context, Hono } from 'hono';
import type { EdgeBucket, EdgeCache, EdgeObject } from './bucket.ts';
import type { EdgeConfig } from './config.ts';
import { corsHeaders, isAllowedOrigin, PREFLIGHT_HEADERS } from './cors.ts';
import { Authenticator } from './hmac.ts';
import { answerMedia, matches, readMedia } from './media.ts';
import { PathSlots } from './path-slot.ts';
import { RateLimiter } from './rate-limit.ts';
import { rewriteManifest, rewritePlaylist, SIGNED_DIRECTORY } from './rewrite.ts';
import { bearerToken, issueSessionToken, refuseSessionToken } from './session-token.ts';

export interface EdgeOptions {
  readonly config: EdgeConfig;
  readonly bucket: EdgeBucket;
  readonly cache?: EdgeCache;
  /** UTC in milliseconds. */
  readonly utcMs?: () => number;
  readonly onError?: (error: unknown, what: string) => void;
}

/** A manifest or playlist, read once for everybody who asks within this time. */
const FRESH_MS = 500;
const PRIVATE = 'private, no-store';

/**
 * The gate in front of a private bucket. `POST /api/token` gives a session token; the token opens the manifest and the
 * playlists; their paths work for 10 to 20 minutes, are the same for every listener, and so are cached.
 */
export function createEdge({ config, bucket, cache, utcMs = Date.now, onError }: EdgeOptions): Hono {
  const session = new Authenticator('session', config.secrets);
  const slots = new PathSlots(new Authenticator('path', config.secrets), config.prefix);
  const limiter = new RateLimiter(config.tokensPerMinute);
  const readMutable = createMutableReader(bucket, utcMs);
  const app = new Hono();

  app.use(async (c, next) => {
    const origin = c.req.header('Origin');
    if (c.req.method === 'OPTIONS') {
      const headers = { ...corsHeaders(config.origins, origin), ...PREFLIGHT_HEADERS };
      return new Response(null, { status: 204, headers });
    }
    await next();
    for (const [name, value] of Object.entries(corsHeaders(config.origins, origin))) c.res.headers.set(name, value);
    c.res.headers.set('X-Content-Type-Options', 'nosniff');
    return undefined;
  });

  app.get('/healthz', (c) => c.text('ok\n', 200, { 'Cache-Control': 'no-store' }));

  app.post('/api/token', async (c) => {
    if (!isAllowedOrigin(config.origins, c.req.header('Origin'))) {
      return refuse(
        c,
        403,
        'OriginNotAllowed',
        'this site may not play the station; its operator lists the sites that may',
      );
    }
    const waitSeconds = limiter.take(c.req.header('CF-Connecting-IP') ?? '', utcMs());
    if (waitSeconds > 0) {
      c.header('Retry-After', String(waitSeconds));
      return refuse(
        c,
        429,
        'TooManyTokens',
        `at most ${config.tokensPerMinute} tokens a minute; try again in ${waitSeconds} s`,
      );
    }
    const issued = await issueSessionToken(session, { nowMs: utcMs(), ttlMs: config.tokenSeconds * 1000 });
    return c.json(issued, 200, { 'Cache-Control': PRIVATE });
  });

  const mutable = [MANIFEST_KEY, ...Object.values(PLAYLIST_KEYS)];
  for (const name of mutable) {
    app.get(`/${config.prefix}/${name}`, async (c) => {
      const nowMs = utcMs();
      const refusal = await refuseSessionToken(session, bearerToken(c.req.header('Authorization')), nowMs);
      if (refusal !== undefined) {
        const message = `session token ${refusal}; get one with POST /api/token and send it as Authorization: Bearer`;
        return refuse(c, 403, `Token${refusal[0]?.toUpperCase()}${refusal.slice(1)}`, message);
      }
      const object = await readMutable(`${config.prefix}/${name}`);
      if (object === undefined) return refuse(c, 404, 'NotStarted', 'the station has not broadcast anything yet');
      const validUntil = slots.validUntil(nowMs);
      const etag = `"${object.etag.replaceAll('"', '')}-${validUntil.toString(36)}"`;
      const headers = { ETag: etag, 'Cache-Control': PRIVATE };
      if (matches(c.req.header('If-None-Match'), etag)) return new Response(null, { status: 304, headers });
      const mac = await slots.sign(nowMs);
      const body =
        name === MANIFEST_KEY
          ? JSON.stringify(rewriteManifest(parseManifest(object.text), mac, validUntil))
          : rewritePlaylist(object.text, mac);
      return new Response(body, { headers: { ...headers, 'Content-Type': stationObjectHeaders(name).contentType } });
    });
  }

  app.get(`/${config.prefix}/${SIGNED_DIRECTORY}/:mac/:epoch/:rendition/:file`, async (c) => {
    const { mac, epoch, rendition, file } = c.req.param();
    const nowMs = utcMs();
    const worksUntil = await slots.check(mac, nowMs);
    if (worksUntil === undefined) {
      return refuse(c, 403, 'PathExpired', 'this path works no longer; read the manifest again');
    }
    const key = `${epoch}/${rendition}/${file}`;
    const kind = parseStationKey(key)?.kind;
    if (kind === 'index') return answerHour(c, await bucket.get(`${config.prefix}/${key}`));
    if (kind !== 'init' && kind !== 'segment') return refuse(c, 404, 'NotFound', 'no such object');
    const defer = (work: Promise<unknown>): void => deferWork(c, work);
    const media = await readMedia({ bucket, cache, defer }, new URL(c.req.url).origin, `${config.prefix}/${key}`);
    if (media === undefined) return refuse(c, 404, 'NotFound', 'no such object');
    const seconds = Math.max(0, Math.floor((worksUntil - nowMs) / 1000));
    const request = { range: c.req.header('Range'), ifNoneMatch: c.req.header('If-None-Match') };
    return answerMedia(media, request, { 'Cache-Control': `public, max-age=${seconds}` });
  });

  app.notFound((c) => refuse(c, 404, 'NotFound', 'no such object'));
  app.onError((error, c) => {
    onError?.(error, new URL(c.req.url).pathname.replace(/\/s\/[^/]+\//, '/s/REDACTED/'));
    return refuse(c, 503, 'Unavailable', 'the bucket did not answer; try again in a moment');
  });
  return app;
}

function refuse(c: Context, status: 403 | 404 | 429 | 503, code: string, message: string): Response {
  return c.json({ error: { code, message } }, status, { 'Cache-Control': 'no-store' });
}

/** An hour of a long window: for the few who go back in time, and rewritten when a segment arrives late. */
async function answerHour(c: Context, object: EdgeObject | null): Promise<Response> {
  if (object === null) return refuse(c, 404, 'NotFound', 'no such object');
  const request = { ifNoneMatch: c.req.header('If-None-Match') };
  const { contentType, cacheControl } = stationObjectHeaders('hour.json');
  const media = { body: await object.arrayBuffer(), etag: object.httpEtag, contentType };
  return answerMedia(media, request, { 'Cache-Control': cacheControl });
}

interface MutableObject {
  readonly text: string;
  readonly etag: string;
}

/** Reads the mutable objects, each at most twice a second however many listeners ask. */
function createMutableReader(bucket: EdgeBucket, utcMs: () => number) {
  const known = new Map<string, { readonly sinceMs: number; readonly object: Promise<MutableObject | undefined> }>();
  return (key: string): Promise<MutableObject | undefined> => {
    const recent = known.get(key);
    const nowMs = utcMs();
    if (recent !== undefined && nowMs >= recent.sinceMs && nowMs < recent.sinceMs + FRESH_MS) return recent.object;
    const object = bucket.get(key).then(textOf);
    known.set(key, { sinceMs: nowMs, object });
    // A failure is not remembered: the next listener tries again.
    object.catch(() => known.delete(key));
    return object;
  };
}

async function textOf(object: EdgeObject | null): Promise<MutableObject | undefined> {
  if (object === null) return undefined;
  return { text: new TextDecoder().decode(await object.arrayBuffer()), etag: object.httpEtag };
}

/** Outside a Worker there is no execution context; the work then simply goes on. */
function deferWork(c: Context, work: Promise<unknown>): void {
  const settled = work.catch(() => undefined);
  try {
    c.executionCtx.waitUntil(settled);
  } catch {
    void settled;
  }
}
