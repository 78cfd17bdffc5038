/** Response headers a page may read: what the player needs for clock and revalidation. */
const EXPOSED = 'ETag, Date, Age, Retry-After';
const ALLOWED_REQUEST_HEADERS = 'Authorization, If-None-Match, Range';
const PREFLIGHT_SECONDS = '86400';

/** Whether pages of this origin may read the station. Players that are not in a page send no `Origin`. */
export function isAllowedOrigin(allowed: readonly string[], origin: string | undefined): boolean {
  return origin === undefined || allowed.includes('*') || allowed.includes(origin);
}

/** CORS headers for an answer to `origin`; none for an origin that is not on the list, so that its pages read nothing. */
export function corsHeaders(allowed: readonly string[], origin: string | undefined): Readonly<Record<string, string>> {
  const anyone = allowed.includes('*');
  const vary = anyone ? {} : { Vary: 'Origin' };
  if (origin === undefined || !isAllowedOrigin(allowed, origin)) return vary;
  return {
    ...vary,
    'Access-Control-Allow-Origin': anyone ? '*' : origin,
    'Access-Control-Expose-Headers': EXPOSED,
    'Cross-Origin-Resource-Policy': 'cross-origin',
  };
}

/** The additional headers of an answer to a preflight. */
export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, OPTIONS',
  'Access-Control-Allow-Headers': ALLOWED_REQUEST_HEADERS,
  'Access-Control-Max-Age': PREFLIGHT_SECONDS,
};
