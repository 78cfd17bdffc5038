// The Deno entry, for Deno Deploy and `deno serve`: the same site as everywhere.
import process from 'node:process';
import { createSite } from './src/app.ts';
import { readSiteFiles } from './src/assets.ts';
import { loadConfig } from './src/config.ts';

const files = await readSiteFiles(new URL('./dist/files/', import.meta.url));
if (files === undefined) {
  throw new Error('the scripts for browsers are not built: pnpm turbo build --filter @bucket-radio/radio-client');
}
const app = createSite({ config: loadConfig(process.env), files: async () => files });

const entry = { fetch: (request: Request): Response | Promise<Response> => app.fetch(request) };

export default entry;
