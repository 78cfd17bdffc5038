import { CloudflareClientError } from './error.ts';
import type { UrlCacheOptions } from './signing-config.ts';

/** Presigned URLs by key and lifetime. */
export interface UrlCache {
  /** The URL kept, or a new one from `sign`; concurrent calls for the same one share it. */
  get(key: string, expirySeconds: number, sign: () => Promise<string>): Promise<string>;
}

interface Entry {
  readonly url: Promise<string>;
  readonly goodUntilMs: number;
}

export function createUrlCache(options: UrlCacheOptions, now: () => number): UrlCache {
  const { safetyMarginSeconds = 300, maxEntries = 1_000 } = options;
  if (!(safetyMarginSeconds >= 0)) throw invalid('safetyMarginSeconds', safetyMarginSeconds, '0 seconds or more');
  if (!(Number.isInteger(maxEntries) && maxEntries >= 1)) throw invalid('maxEntries', maxEntries, '1 or more');
  const entries = new Map<string, Entry>();

  return {
    get(key, expirySeconds, sign) {
      const nowMs = now();
      const id = `${expirySeconds} ${key}`;
      const kept = entries.get(id);
      if (kept !== undefined && kept.goodUntilMs - nowMs >= safetyMarginSeconds * 1000) return kept.url;
      const url = sign();
      entries.delete(id);
      entries.set(id, { url, goodUntilMs: nowMs + expirySeconds * 1000 });
      const [oldest] = entries.keys();
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
      url.catch(() => {
        if (entries.get(id)?.url === url) entries.delete(id);
      });
      return url;
    },
  };
}

function invalid(name: string, value: number, allowed: string): CloudflareClientError {
  return new CloudflareClientError('InvalidOption', `urlCache: ${name} is ${value}; use ${allowed}`);
}
