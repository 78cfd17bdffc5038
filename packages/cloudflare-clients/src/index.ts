export {
  CloudflareClientError,
  type CloudflareClientErrorCode,
  type CloudflareClientErrorOptions,
  isCloudflareClientError,
} from './error.ts';
export { isRetryable } from './failure.ts';
export { KVClient, type KVEntry, type KVOpts } from './kv/client.ts';
export { type CounterBatch, KVCounters, type KVCountersOptions } from './kv/counters.ts';
export { KV_LIMITS } from './kv/limits.ts';
export { type KVLease, KVLock, type KVLockOptions } from './kv/lock.ts';
export { KVRateLimiter, type KVRateLimiterOptions, type RateDecision } from './kv/rate-limiter.ts';
export { KVSessions, type KVSessionsOptions } from './kv/sessions.ts';
export { R2ObjectStore, type R2ObjectStoreOptions } from './object-store/store.ts';
export type { R2ServiceMultipartUpload } from './r2-multipart.ts';
export type { R2ServiceObject, R2ServiceObjectBody, R2ServiceObjects } from './r2-results.ts';
export { R2Service } from './r2-service.ts';
export { R2SigningClient, type R2SigningClientOptions } from './r2-signing-client.ts';
export type { R2Opts } from './retry.ts';
export type { R2SigningConfig, UrlCacheOptions } from './signing-config.ts';
export { createR2SigningClientFromEnv } from './signing-env.ts';
export type { R2Body } from './stream.ts';
