import { type ByteRange, type GetResult, isObjectStoreError, type ObjectStore } from '@bucket-radio/object-store';
import { type Context, Hono } from 'hono';

const EXPOSED_HEADERS = 'ETag, Date, Age, Content-Length, Content-Range, Accept-Ranges';

/**
 * `bytes=a-b`, `bytes=a-`, `bytes=-n` (RFC 9110 §14.1.2). Several ranges, other units and nonsense are ignored,
 * which the RFC allows: the whole object is the answer.
 */
export function parseRange(header: string | undefined): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '') return last === '' ? undefined : { suffix: Number(last) };
  if (last === '') return { start: Number(first) };
  return Number(last) < Number(first) ? undefined : { start: Number(first), end: Number(last) + 1 };
}

/** Whether an `If-None-Match` header names `etag`, compared weakly as RFC 9110 §13.1.2 says. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const bare = (tag: string): string => tag.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((tag) => bare(tag) === bare(etag));
}

function objectHeaders({ meta, attributes }: Pick<GetResult, 'meta' | 'attributes'>): Headers {
  const headers = new Headers({
    ETag: meta.etag,
    'Last-Modified': meta.lastModified.toUTCString(),
    'Accept-Ranges': 'bytes',
  });
  if (attributes.contentType !== undefined) headers.set('Content-Type', attributes.contentType);
  if (attributes.cacheControl !== undefined) headers.set('Cache-Control', attributes.cacheControl);
  return headers;
}

/**
 * The embedded bucket: serves a store at `/{bucket}/{key}` as a public bucket does, with ETag, Range, 304, CORS and
 * the stored cache headers. GET, HEAD and OPTIONS only; nothing can be listed or written.
 */
export function createOrigin(store: ObjectStore, bucket: string): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    c.header('Access-Control-Allow-Origin', '*');
    c.header('Access-Control-Expose-Headers', EXPOSED_HEADERS);
    c.header('Cross-Origin-Resource-Policy', 'cross-origin');
    c.header('X-Content-Type-Options', 'nosniff');
    await next();
  });
  app.options(`/${bucket}/*`, (c) => {
    c.header('Access-Control-Allow-Methods', 'GET, HEAD');
    c.header('Access-Control-Allow-Headers', '*');
    c.header('Access-Control-Max-Age', '3600');
    return c.body(null, 204);
  });
  app.get(`/${bucket}/*`, async (c) => await answer(c, store, c.req.path.slice(bucket.length + 2)));
  app.all('*', (c) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return c.text('no such object\n', 404);
    c.header('Allow', 'GET, HEAD, OPTIONS');
    return c.text('this bucket is read-only\n', 405);
  });
  return app;
}

async function answer(c: Context, store: ObjectStore, encodedKey: string): Promise<Response> {
  try {
    const key = decodeURIComponent(encodedKey);
    if (c.req.method === 'HEAD') return await answerHead(c, store, key);
    return await answerGet(c, store, key);
  } catch (error) {
    if (error instanceof URIError || isObjectStoreError(error, 'InvalidPath')) return c.text('not a valid key\n', 400);
    if (isObjectStoreError(error, 'NotFound')) {
      c.header('Cache-Control', 'no-store'); // the key may exist a moment later
      return c.text('no such object\n', 404);
    }
    throw error;
  }
}

async function answerHead(c: Context, store: ObjectStore, key: string): Promise<Response> {
  const { attributes, ...meta } = await store.head(key);
  const headers = objectHeaders({ meta, attributes });
  if (matches(c.req.header('If-None-Match'), meta.etag)) return respond(c, null, 304, headers);
  headers.set('Content-Length', String(meta.size));
  return respond(c, null, 200, headers);
}

async function answerGet(c: Context, store: ObjectStore, key: string): Promise<Response> {
  const { attributes, ...meta } = await store.head(key);
  const headers = objectHeaders({ meta, attributes });
  if (matches(c.req.header('If-None-Match'), meta.etag)) return respond(c, null, 304, headers);
  const range = parseRange(c.req.header('Range'));
  if (range !== undefined && unsatisfiable(range, meta.size)) {
    headers.set('Content-Range', `bytes */${meta.size}`);
    return respond(c, null, 416, headers);
  }
  const found = await store.get(key, range === undefined ? {} : { range });
  const { start, end } = found.range;
  // The object may have been replaced since `head`: headers and body are of one version.
  const current = objectHeaders(found);
  current.set('Content-Length', String(end - start));
  if (range !== undefined) current.set('Content-Range', `bytes ${start}-${end - 1}/${found.meta.size}`);
  return respond(c, found.body, range === undefined ? 200 : 206, current);
}

function unsatisfiable(range: ByteRange, size: number): boolean {
  return 'suffix' in range ? range.suffix === 0 || size === 0 : range.start >= size;
}

function respond(c: Context, body: ReadableStream | null, status: 200 | 206 | 304 | 416, headers: Headers): Response {
  for (const [name, value] of headers) c.header(name, value);
  return c.newResponse(body, status);
}
