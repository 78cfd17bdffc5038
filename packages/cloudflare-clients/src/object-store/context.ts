import type { R2Bucket } from '@cloudflare/workers-types';
import type { RetryPolicy } from '../retry.ts';

/** What the parts of a store share. */
export interface R2StoreContext {
  readonly bucket: R2Bucket;
  readonly policy: RetryPolicy;
}
