import {
  KVClient,
  KVCounters,
  KVRateLimiter,
  KVSessions,
  R2ObjectStore,
  R2Service,
  type R2SigningConfig,
} from '@bucket-radio/cloudflare-clients';
import type { ExecutionContext, KVNamespace, R2Bucket } from '@cloudflare/workers-types';
import { deleteManyBelow } from './bulk-delete.ts';
import { type ContentAccess, contentAccess, type ListenerSession } from './content-access.ts';
import { directory } from './listing.ts';
import { uploadWithProgress } from './upload-with-progress.ts';

export interface Env {
  readonly MEDIA_BUCKET: R2Bucket;
  readonly SESSIONS: KVNamespace;
  readonly R2_ACCOUNT_ID: string;
  readonly R2_ACCESS_KEY_ID: string;
  readonly R2_SECRET_ACCESS_KEY: string;
  readonly R2_BUCKET_MEDIA: string;
  /** Instead of the account's own endpoint. */
  readonly R2_SIGNING_ENDPOINT?: string;
}

interface Services extends ContentAccess {
  readonly store: R2ObjectStore;
  readonly plays: KVCounters;
}

/** Made once for each isolate: signing keys, cached URLs and the counts of the rate limiter live in them. */
let services: Services | undefined;

function servicesOf(env: Env): Services {
  const signing: R2SigningConfig = {
    accountId: env.R2_ACCOUNT_ID,
    accessKeyId: env.R2_ACCESS_KEY_ID,
    secretAccessKey: env.R2_SECRET_ACCESS_KEY,
    bucketName: env.R2_BUCKET_MEDIA,
    ...(env.R2_SIGNING_ENDPOINT === undefined ? {} : { endpoint: env.R2_SIGNING_ENDPOINT }),
    urlCache: { safetyMarginSeconds: 1800 },
  };
  const r2 = new R2Service(env.MEDIA_BUCKET, { maxRetries: 5, baseDelayMs: 50 }, signing);
  const kv = new KVClient(env.SESSIONS);
  return {
    r2,
    store: new R2ObjectStore(env.MEDIA_BUCKET),
    sessions: new KVSessions(kv, { parse: parseSession }),
    limiter: new KVRateLimiter(kv, { limit: 100, windowSeconds: 60 }),
    plays: new KVCounters(kv),
    findFor: async (userId, contentId) => {
      const found = await r2.list({ prefix: `${userId}/recordings/${contentId}.`, limit: 1 });
      const [object] = found.objects;
      return object === undefined ? undefined : { r2Key: object.key, contentType: 'audio/flac' };
    },
  };
}

function parseSession(value: unknown): ListenerSession {
  const { userId } = value as { readonly userId?: unknown };
  if (typeof userId !== 'string') throw new Error('not a session');
  return { userId };
}

/** PUT /upload/{user}/{name}, POST /sign-in/{user}, GET /play/{id}, GET /browse/{prefix}, DELETE /below/{prefix} */
export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    services ??= servicesOf(env);
    const { r2, store, sessions, limiter, plays } = services;
    const [, action = '', ...rest] = new URL(request.url).pathname.split('/').map(decodeURIComponent);
    const path = rest.join('/');
    switch (`${request.method} ${action}`) {
      case 'PUT upload': {
        const [user = '', name = ''] = rest;
        if (request.body === null) return new Response('a body is needed', { status: 400 });
        let progress = 0;
        const result = await uploadWithProgress(r2, {
          key: `${user}/recordings/${name}`,
          body: request.body,
          title: name,
          contentType: request.headers.get('content-type') ?? 'application/octet-stream',
          onProgress: (bytes) => {
            progress = bytes;
          },
        });
        return Response.json({ ...result, progress }, { status: 201 });
      }
      case 'POST sign-in':
        return Response.json({ session: await sessions.begin({ userId: path }) });
      case 'GET play': {
        const response = await contentAccess(services, request.headers.get('x-session') ?? 'none', path);
        if (response.ok) plays.add(path);
        ctx.waitUntil(Promise.all([plays.flush(), limiter.flush()]));
        return response;
      }
      case 'GET browse':
        return Response.json(await directory(r2, path));
      case 'DELETE below':
        return Response.json({ failed: await deleteManyBelow(store, path) });
      default:
        return new Response('not found', { status: 404 });
    }
  },
};
