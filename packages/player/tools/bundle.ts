import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/**
 * The files a page needs, side by side: `radio-player.js` loads `worklet.js`, and the languages besides English when they are
 * needed, from where it was loaded itself.
 */
export interface PlayerBundle {
  /** File name (`radio-player.js`, `worklet.js`, `radio-player-de.js`, …) → content. */
  readonly files: Map<string, Uint8Array>;
  /** Paths of the modules that went in, relative to the working directory. */
  readonly modules: readonly string[];
}

export interface BundlePlayerOptions {
  /** Adds `.map` files. Default false. */
  readonly sourcemap?: boolean;
}

/** What the WebAssembly decoders bring to run in a Worker, which they do not here; as CommonJS it would split the bundle. */
export const withoutWorkers: Plugin = {
  name: 'without-workers',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^@eshaz\/web-worker$/ }, ({ path }) => ({ path, namespace: 'without-workers' }));
    onLoad({ filter: /./, namespace: 'without-workers' }, () => ({ contents: 'export default class {}' }));
  },
};

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

/**
 * Bundles the player from its sources: self-contained ES modules, minified, nothing external.
 * For this repository only (a clone that was not built, the CDN build, tests): esbuild is a development dependency,
 * and the published package carries the result as `@bucket-radio/player/cdn/…`.
 * @throws esbuild's BuildFailure when a source does not compile
 */
export async function bundlePlayer(options: BundlePlayerOptions = {}): Promise<PlayerBundle> {
  const common: BuildOptions = {
    outdir: '/',
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@bucket-radio/source', 'production'],
    legalComments: 'eof',
    logLevel: 'silent',
    sourcemap: options.sourcemap ?? false,
    metafile: true,
    plugins: [withoutWorkers],
  };
  const results = await Promise.all([
    // Languages are split off, and decoders for browsers that have none: each is one dynamic import.
    build({
      ...common,
      entryPoints: { 'radio-player': source('index.ts') },
      splitting: true,
      chunkNames: 'radio-player-[name]',
    }),
    build({ ...common, entryPoints: { worklet: source('worklet.ts') } }),
  ]);
  const files = new Map<string, Uint8Array>();
  for (const file of results.flatMap((result) => result.outputFiles ?? [])) {
    files.set(file.path.replace(/^.*[\\/]/, ''), file.contents);
  }
  return { files, modules: results.flatMap((result) => Object.keys(result.metafile?.inputs ?? {})) };
}
