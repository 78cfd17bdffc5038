import type { ExecutionContext, Hono } from 'hono';
import { createSite, type SiteFiles } from './app.ts';
import { ConfigError, loadConfig } from './config.ts';

/** The scripts for browsers by name, put in by the build (`tools/bundle-worker.ts`). */
declare const SITE_FILES: Readonly<Record<string, string>>;

type Env = Readonly<Record<string, string | undefined>>;

let site: { readonly env: Env; readonly app: Hono } | undefined;

/** A Worker keeps its isolate between requests: the site, and the manifest it has read, serve them all. */
function siteFor(env: Env): Hono {
  if (site?.env !== env) {
    const encoder = new TextEncoder();
    const files: SiteFiles = new Map(
      Object.entries(SITE_FILES).map(([name, text]) => [name, encoder.encode(text)] as const),
    );
    site = { env, app: createSite({ config: loadConfig(env), files: async () => files }) };
  }
  return site.app;
}

/** The Cloudflare Worker entry. */
const worker = {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    try {
      return await siteFor(env).fetch(request, env, context);
    } catch (error) {
      if (error instanceof ConfigError) return new Response(`site: ${error.message}\n`, { status: 500 });
      throw error;
    }
  },
};

export default worker;
