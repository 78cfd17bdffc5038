import type { PublishedSegment, RenditionName } from '@bucket-radio/pcm';
import type { PublisherError } from './error.ts';
import type { DropReason } from './spool.ts';

/** What happens while publishing, for logs and the monitor. */
export type PublisherEvent =
  | { readonly type: 'published'; readonly segment: PublishedSegment; readonly putMs: number }
  /** A rendition that was missing is in the bucket, and the manifest says so. */
  | { readonly type: 'backfilled'; readonly index: number; readonly rendition: RenditionName }
  | { readonly type: 'deleted'; readonly index: number }
  /** Nobody will hear it from the bucket; `hq` when only that is lost. */
  | { readonly type: 'dropped'; readonly index: number; readonly why: DropReason; readonly rendition?: RenditionName }
  | { readonly type: 'failed'; readonly index: number; readonly error: unknown; readonly retryInMs: number }
  | { readonly type: 'cleanup-failed'; readonly error: unknown }
  /** Orphans of earlier runs are gone. */
  | { readonly type: 'swept'; readonly objects: number }
  /** The disk refuses the spool or the journal: what waits is in memory only. */
  | { readonly type: 'disk-failed'; readonly error: unknown }
  /** Another encoder has the station: nothing more is written. */
  | { readonly type: 'fenced'; readonly error: PublisherError }
  /** Anything else a person should know. */
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'offline'; readonly latest: number | undefined };
