export interface PagePolicy {
  /** Origins that may be fetched and played: the bucket, the gate. */
  readonly origins: readonly string[];
  /** Origins of pictures, besides the site's own. */
  readonly images?: readonly string[];
  /** Who may show the page in a frame: `*` for everybody. Default: the site itself. */
  readonly framedBy?: string;
}

/**
 * Headers of a page. No inline script or style, nothing from elsewhere; the `origins` may be fetched and played.
 * `blob:` is for Media Source Extensions, which the player uses on phones.
 */
export function pageSecurityHeaders(policyOf: PagePolicy): Readonly<Record<string, string>> {
  const { origins, images = [], framedBy = "'self'" } = policyOf;
  const foreign = origins.join(' ');
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src ${["'self'", ...images].join(' ')}`,
    `connect-src 'self' ${foreign}`,
    `media-src 'self' ${foreign} blob:`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${framedBy}`,
  ];
  return { ...SECURITY_HEADERS, 'Content-Security-Policy': policy.join('; ') };
}

/** Headers of everything else. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
};
