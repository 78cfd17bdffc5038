import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { SiteFiles } from '../src/app.ts';

/** The Cloudflare Worker as one module: the site, and inside it the scripts that browsers load. */
export async function bundleWorker(files: SiteFiles): Promise<string> {
  const decoder = new TextDecoder();
  const texts = Object.fromEntries([...files].map(([name, content]) => [name, decoder.decode(content)]));
  const result = await build({
    entryPoints: [fileURLToPath(new URL('../src/worker.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    minify: true,
    platform: 'browser',
    conditions: ['@bucket-radio/source', 'workerd', 'worker'],
    define: { SITE_FILES: JSON.stringify(texts) },
    logLevel: 'silent',
  });
  const [module] = result.outputFiles;
  if (module === undefined) throw new Error('esbuild wrote no worker.js');
  return module.text;
}
