import type { R2Service } from '@bucket-radio/cloudflare-clients';

/** What is known about a recording: from a database, for example. */
export interface MediaItem {
  readonly r2Key: string;
  readonly contentType: string;
}

const EXPIRY_SECONDS = 3600;

/** A URL that plays one recording for an hour, as JSON for a player. */
export async function streamingUrl(r2: R2Service, media: MediaItem | undefined): Promise<Response> {
  if (media === undefined) return Response.json({ error: 'not found' }, { status: 404 });
  const url = await r2.generateSignedUrl(media.r2Key, EXPIRY_SECONDS);
  const expiresAt = new Date(Date.now() + EXPIRY_SECONDS * 1000).toISOString();
  // Whoever has the answer can play the recording: no cache may keep it.
  const headers = { 'cache-control': 'private, no-store' };
  return Response.json({ streamingUrl: url, expiresAt, contentType: media.contentType }, { headers });
}
