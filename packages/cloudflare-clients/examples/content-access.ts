import type { KVRateLimiter, KVSessions, R2Service } from '@bucket-radio/cloudflare-clients';
import { type MediaItem, streamingUrl } from './streaming-url.ts';

export interface ListenerSession {
  readonly userId: string;
}

export interface ContentAccess {
  readonly r2: R2Service;
  readonly sessions: KVSessions<ListenerSession>;
  readonly limiter: KVRateLimiter;
  /** What this user may hear under this ID; `undefined` when nothing. */
  readonly findFor: (userId: string, contentId: string) => Promise<MediaItem | undefined>;
}

/** Hands out a streaming URL to whoever is signed in, may hear the recording, and does not ask too often. */
export async function contentAccess(access: ContentAccess, sessionId: string, contentId: string): Promise<Response> {
  const session = await access.sessions.touch(sessionId);
  if (session === null) return Response.json({ error: 'sign in first' }, { status: 401 });
  const { allowed, resetAtMs } = await access.limiter.check(session.userId);
  if (!allowed) {
    const seconds = Math.max(1, Math.ceil((resetAtMs - Date.now()) / 1000));
    return Response.json({ error: 'too many requests' }, { status: 429, headers: { 'retry-after': String(seconds) } });
  }
  const media = await access.findFor(session.userId, contentId);
  // Not 404: an ID that exists looks like one that does not.
  if (media === undefined) return Response.json({ error: 'no access' }, { status: 403 });
  return streamingUrl(access.r2, media);
}
