import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The two files a page needs, side by side: the element loads `worklet.js` from where it was loaded itself. */
export interface PlayerBundle {
  /** File name (`radio-player.js`, `worklet.js`) → content. */
  readonly files: Map<string, Uint8Array>;
  /** Paths of the modules that went in, relative to the working directory. */
  readonly modules: readonly string[];
}

export interface BundlePlayerOptions {
  /** Adds `.map` files. Default false. */
  readonly sourcemap?: boolean;
}

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

/**
 * Bundles the player from its sources: self-contained ES modules, minified, nothing external.
 * For this repository only (a clone that was not built, the CDN build, tests): esbuild is a development dependency,
 * and the published package carries the result as `@bucket-radio/player/cdn/…`.
 * @throws esbuild's BuildFailure when a source does not compile
 */
export async function bundlePlayer(options: BundlePlayerOptions = {}): Promise<PlayerBundle> {
  const sourcemap = options.sourcemap ?? false;
  const result = await build({
    entryPoints: { 'radio-player': source('index.ts'), worklet: source('worklet.ts') },
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
    sourcemap,
    metafile: true,
  });
  const files = new Map<string, Uint8Array>();
  for (const file of result.outputFiles) files.set(file.path.replace(/^.*[\\/]/, ''), file.contents);
  return { files, modules: Object.keys(result.metafile.inputs) };
}
