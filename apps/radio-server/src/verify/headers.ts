import { stationObjectHeaders } from '@bucket-radio/manifest';
import type { Differ } from './report.ts';

const EXPOSED = ['etag', 'date', 'age'];

/** Compares an object's HTTP headers with docs/format.md, "HTTP". */
export function checkHeaders(key: string, headers: Headers, differ: Differ): void {
  const { contentType, cacheControl } = stationObjectHeaders(key);
  const expect = (name: string, expected: string, actual: string | undefined): void => {
    if (actual !== expected) differ('headers', `${name} is ${actual ?? 'absent'}; ${expected} is expected`);
  };
  expect('Content-Type', contentType, headers.get('content-type')?.split(';')[0]?.trim());
  expect('Cache-Control', cacheControl, normalized(headers.get('cache-control')));
  if (!headers.has('etag')) differ('headers', 'there is no ETag');
}

/** What keeps pages of other sites from reading: a bucket's owner decides that, so it is not a difference. */
export function corsNote(headers: Headers): string | undefined {
  if (!headers.has('access-control-allow-origin')) return 'no CORS headers: pages on other hosts cannot play this';
  const exposed = (headers.get('access-control-expose-headers') ?? '').toLowerCase().split(/\s*,\s*/);
  const hidden = exposed.includes('*') ? [] : EXPOSED.filter((name) => !exposed.includes(name));
  return hidden.length === 0 ? undefined : `CORS does not expose ${hidden.join(', ')}`;
}

function normalized(cacheControl: string | null): string | undefined {
  return cacheControl
    ?.toLowerCase()
    .split(/\s*,\s*/)
    .join(', ');
}
