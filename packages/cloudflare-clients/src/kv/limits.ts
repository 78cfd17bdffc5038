import { CloudflareClientError } from '../error.ts';
import { shown, utf8Length } from '../key.ts';

/** Limits of Workers KV (developers.cloudflare.com/kv/platform/limits); sizes in UTF-8 bytes. */
export const KV_LIMITS: {
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly metadataBytes: number;
  readonly minTtlSeconds: number;
} = { keyBytes: 512, valueBytes: 25 * 1024 ** 2, metadataBytes: 1024, minTtlSeconds: 60 };

/** @throws CloudflareClientError `InvalidKey` */
export function checkKvKey(key: string): void {
  const refuse = (problem: string): never => {
    throw new CloudflareClientError('InvalidKey', `the KV key ${shown(key)} ${problem}`, { key });
  };
  if (key === '' || key === '.' || key === '..') refuse('is empty, "." or "..", which KV does not take');
  if (!key.isWellFormed()) refuse('holds half a surrogate pair');
  const bytes = utf8Length(key);
  if (bytes > KV_LIMITS.keyBytes) refuse(`has ${bytes} bytes; KV takes at most ${KV_LIMITS.keyBytes}`);
}

/** @throws CloudflareClientError `InvalidValue` */
export function checkKvValue(key: string, value: string): void {
  // Text never has more than three bytes a unit, so short ones need not be measured.
  if (value.length * 3 <= KV_LIMITS.valueBytes) return;
  const bytes = utf8Length(value);
  if (bytes <= KV_LIMITS.valueBytes) return;
  const message = `the value of ${shown(key)} has ${bytes} bytes; KV takes at most ${KV_LIMITS.valueBytes} (25 MiB): put it into R2`;
  throw new CloudflareClientError('InvalidValue', message, { key });
}

/** @throws CloudflareClientError `InvalidExpiry` */
export function checkKvTtl(key: string, ttlSeconds: number | undefined): void {
  if (ttlSeconds === undefined) return;
  if (Number.isInteger(ttlSeconds) && ttlSeconds >= KV_LIMITS.minTtlSeconds) return;
  const message = `the TTL of ${shown(key)} is ${ttlSeconds}; KV takes whole seconds from ${KV_LIMITS.minTtlSeconds}`;
  throw new CloudflareClientError('InvalidExpiry', message, { key });
}

/** @throws CloudflareClientError `InvalidValue` */
export function checkKvMetadata(key: string, metadata: unknown): void {
  if (metadata === undefined) return;
  const bytes = utf8Length(JSON.stringify(metadata) ?? '');
  if (bytes <= KV_LIMITS.metadataBytes) return;
  const message = `the metadata of ${shown(key)} has ${bytes} bytes as JSON; KV takes at most ${KV_LIMITS.metadataBytes}`;
  throw new CloudflareClientError('InvalidValue', message, { key });
}
