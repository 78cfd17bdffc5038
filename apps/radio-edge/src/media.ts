import { stationObjectHeaders } from '@bucket-radio/manifest';
import type { EdgeBucket, EdgeCache } from './bucket.ts';
import { parseByteRange } from './range.ts';

/** One init or media segment: a few megabytes at most, so it is handled whole. */
export interface MediaObject {
  readonly body: ArrayBuffer;
  readonly etag: string;
  readonly contentType: string;
  /** Seconds since it was read from the bucket, when it came from the cache. */
  readonly age?: string;
}

export interface MediaReaderOptions {
  readonly bucket: EdgeBucket;
  /** Where objects are kept between listeners; without one every request reads the bucket. */
  readonly cache?: EdgeCache | undefined;
  /** Lets work go on after the answer (`ExecutionContext.waitUntil`). */
  readonly defer: (work: Promise<unknown>) => void;
}

const CACHED_FOR = 'public, max-age=86400';

/**
 * An object of the station, from the edge's cache or the bucket. The cache key is the object's own, without the expiring
 * part of the path: a new slot costs no read of the bucket. What is not there is not remembered.
 * @param origin scheme and host of this gate: the cache belongs to it
 */
export async function readMedia(
  { bucket, cache, defer }: MediaReaderOptions,
  origin: string,
  key: string,
): Promise<MediaObject | undefined> {
  const cacheKey = new Request(`${origin}/cache/${key}`);
  const cached = await cache?.match(cacheKey);
  if (cached !== undefined) {
    const age = cached.headers.get('Age');
    return {
      body: await cached.arrayBuffer(),
      etag: cached.headers.get('ETag') ?? '',
      contentType: cached.headers.get('Content-Type') ?? '',
      ...(age === null ? {} : { age }),
    };
  }
  const object = await bucket.get(key);
  if (object === null) return undefined;
  const body = await object.arrayBuffer();
  const contentType = object.httpMetadata?.contentType ?? stationObjectHeaders(key).contentType;
  const headers = { ETag: object.httpEtag, 'Content-Type': contentType, 'Cache-Control': CACHED_FOR };
  if (cache !== undefined) defer(cache.put(cacheKey, new Response(body, { headers })));
  return { body, etag: object.httpEtag, contentType };
}

/** The answer to a GET: 200, 206, 304 or 416. */
export function answerMedia(
  media: MediaObject,
  request: { readonly range?: string | undefined; readonly ifNoneMatch?: string | undefined },
  headers: Readonly<Record<string, string>>,
): Response {
  const { body, etag, contentType, age } = media;
  const common = { ...headers, ETag: etag, 'Accept-Ranges': 'bytes', ...(age === undefined ? {} : { Age: age }) };
  if (matches(request.ifNoneMatch, etag)) return new Response(null, { status: 304, headers: common });
  const range = parseByteRange(request.range, body.byteLength);
  if (range === 'unsatisfiable') {
    return new Response(null, { status: 416, headers: { ...common, 'Content-Range': `bytes */${body.byteLength}` } });
  }
  const typed = { ...common, 'Content-Type': contentType };
  if (range === undefined) return new Response(body, { headers: typed });
  const { start, end } = range;
  const part = body.slice(start, end + 1);
  return new Response(part, {
    status: 206,
    headers: { ...typed, 'Content-Range': `bytes ${start}-${end}/${body.byteLength}` },
  });
}

/** RFC 9110 §13.1.2: weak comparison, a list, or `*`. */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const plain = etag.replace(/^W\//, '');
  return (ifNoneMatch ?? '').split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === plain);
}
