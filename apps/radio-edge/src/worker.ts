import { R2Service } from '@bucket-radio/cloudflare-clients';
import type { R2Bucket } from '@cloudflare/workers-types';
import type { ExecutionContext, Hono } from 'hono';
import { createEdge } from './app.ts';
import type { EdgeCache } from './bucket.ts';
import { EdgeConfigError, loadEdgeConfig } from './config.ts';

/** The runtime's Cache API. */
declare const caches: { readonly default: EdgeCache };

/** Bindings of `wrangler.jsonc`: the bucket, variables and secrets. */
export interface Env extends Readonly<Record<string, unknown>> {
  readonly BUCKET: R2Bucket;
}

let gate: { readonly env: Env; readonly app: Hono } | undefined;

/** A Worker keeps its isolate, and its bindings, between requests: the gate is made once. */
function gateFor(env: Env): Hono {
  if (gate?.env !== env) {
    const app = createEdge({
      config: loadEdgeConfig(env),
      bucket: new R2Service(env.BUCKET),
      cache: caches.default,
      onError: (error, path) => log(`${path}: ${error instanceof Error ? error.message : String(error)}`),
    });
    gate = { env, app };
  }
  return gate.app;
}

function log(line: string): void {
  // biome-ignore lint/suspicious/noConsole: a Worker's log is its console
  console.error(line);
}

/** The Cloudflare Worker. */
const worker = {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    try {
      return await gateFor(env).fetch(request, env, context);
    } catch (error) {
      if (!(error instanceof EdgeConfigError)) throw error;
      log(error.message);
      const message = 'the gate is not configured; its log says what is missing';
      return Response.json({ error: { code: 'NotConfigured', message } }, { status: 500 });
    }
  },
};

export default worker;
