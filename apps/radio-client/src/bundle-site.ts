import { fileURLToPath } from 'node:url';
import { bundlePlayer } from '@bucket-radio/player/bundle';
import { build } from 'esbuild';
import type { SiteFiles } from './app.ts';

/** Everything a listener's browser loads, from the sources. For this repository only: esbuild is a development dependency. */
export async function bundleSite(): Promise<SiteFiles> {
  const entry = fileURLToPath(new URL('./page/client.ts', import.meta.url));
  const [player, site] = await Promise.all([
    bundlePlayer(),
    build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
      target: 'es2022',
      conditions: ['@bucket-radio/source', 'production'],
      logLevel: 'silent',
    }),
  ]);
  const [script] = site.outputFiles;
  if (script === undefined) throw new Error('esbuild wrote no site.js');
  return new Map([...player.files, ['site.js', script.contents]]);
}
