import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { type BundledPackage, bundledPackages, NOTICES_FILE, noticesOf } from './notices.ts';

/**
 * The files a page needs, side by side: `radio-player.js` loads `worklet.js`, and the languages besides English when they are
 * needed, from where it was loaded itself. `THIRD-PARTY-NOTICES.txt` has the licenses of what is in them.
 */
export interface PlayerBundle {
  /** File name (`radio-player.js`, `worklet.js`, `radio-player-de.js`, …) → content. */
  readonly files: Map<string, Uint8Array>;
  /** Paths of the modules that were looked at, relative to the working directory. */
  readonly modules: readonly string[];
  /** Packages of others that went in. */
  readonly packages: readonly BundledPackage[];
}

export interface BundlePlayerOptions {
  /** Adds `.map` files. Default false. */
  readonly sourcemap?: boolean;
}

/**
 * What the WebAssembly decoders bring and this player never runs: their Workers (as CommonJS they would split the bundle), and
 * a parser of FLAC files, which is LGPL: packets come from our own reader, so none of it is redistributed.
 */
const UNUSED: Readonly<Record<string, string>> = {
  '@eshaz/web-worker': 'export default class {}',
  'codec-parser': `export default class {}
    export const data = Symbol(), totalSamples = Symbol(), codecFrames = Symbol(), isLastPage = Symbol();`,
};

export const withoutUnused: Plugin = {
  name: 'without-unused',
  setup: ({ onResolve, onLoad }) => {
    const filter = new RegExp(`^(${Object.keys(UNUSED).join('|')})$`);
    onResolve({ filter }, ({ path }) => ({ path, namespace: 'without-unused' }));
    onLoad({ filter: /./, namespace: 'without-unused' }, ({ path }) => ({ contents: UNUSED[path] ?? '' }));
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
    // Instead of one comment a module: the banner, and the file it names with every license in full.
    legalComments: 'none',
    logLevel: 'silent',
    sourcemap: options.sourcemap ?? false,
    metafile: true,
    plugins: [withoutUnused],
  };
  const results = await Promise.all([
    // Languages are split off, and decoders for browsers that have none: each is one dynamic import.
    build({
      ...common,
      entryPoints: { 'radio-player': source('index.ts') },
      banner: { js: await banner() },
      splitting: true,
      chunkNames: 'radio-player-[name]',
    }),
    build({ ...common, entryPoints: { worklet: source('worklet.ts') } }),
  ]);
  const files = new Map<string, Uint8Array>();
  for (const file of results.flatMap((result) => result.outputFiles ?? [])) {
    files.set(file.path.replace(/^.*[\\/]/, ''), file.contents);
  }
  const modules = results.flatMap((result) => Object.keys(result.metafile?.inputs ?? {}));
  const chunks = results.flatMap((result) => Object.values(result.metafile?.outputs ?? {}));
  // What was looked at and shaken off again is not redistributed.
  const contained = chunks.flatMap(({ inputs }) =>
    Object.keys(inputs).filter((path) => (inputs[path]?.bytesInOutput ?? 0) > 0),
  );
  const packages = await bundledPackages(contained);
  files.set(NOTICES_FILE, new TextEncoder().encode(noticesOf(packages)));
  return { files, modules, packages };
}

/** First line of every script: what it is, and where the licenses are. */
async function banner(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return `/*! @bucket-radio/player ${version} | MIT | contains code of others: see ${NOTICES_FILE} */`;
}
