/**
 * Headers of the page. No inline script or style, nothing from elsewhere; the bucket (`origin`) may be fetched and
 * played. `blob:` is for Media Source Extensions, which the player uses on phones.
 */
export function pageSecurityHeaders(origin: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${origin}`,
    `media-src 'self' ${origin} blob:`,
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ];
  return { ...SECURITY_HEADERS, 'Content-Security-Policy': policy.join('; ') };
}

/** Headers of everything else. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
};
