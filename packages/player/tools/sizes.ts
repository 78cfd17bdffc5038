import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { bundlePlayer, withoutUnused } from './bundle.ts';

/** KB of gzip that must not be passed. What the numbers are for: the player is embedded in other people's pages. */
export const SIZE_LIMITS_KB = { worklet: 16.4, both: 18, element: 30, ring: 1.5, language: 2 } as const;

/**
 * Sizes in KB of gzip: `worklet` is one engine alone, `both` with the element engine and the choice between them, `element`
 * the whole `<radio-player>` with English, `ring` the AudioWorklet, `language` the largest other language.
 */
export async function measureSizes(): Promise<Record<keyof typeof SIZE_LIMITS_KB, number>> {
  const { files } = await bundlePlayer();
  const kb = (bytes: Uint8Array): number => gzipSync(bytes).length / 1024;
  const file = (name: string): number => kb(files.get(name) ?? new Uint8Array(0));
  const languages = [...files.keys()].filter((name) => /^radio-player-[a-z]{2}\.js$/.test(name));
  return {
    worklet: kb(await bundleOf("export { createRadioEngine } from './engine.ts'")),
    both: kb(await bundleOf("export { createBestEngine } from './choose-engine.ts'")),
    element: file('radio-player.js'),
    ring: file('worklet.js'),
    language: Math.max(...languages.map(file)),
  };
}

async function bundleOf(contents: string): Promise<Uint8Array> {
  const resolveDir = fileURLToPath(new URL('../src/engine/', import.meta.url));
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    // What only some browsers load is not counted.
    splitting: true,
    outdir: '/',
    plugins: [withoutUnused],
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@bucket-radio/source', 'production'],
    logLevel: 'silent',
  });
  return outputFiles.find(({ path }) => path.endsWith('stdin.js'))?.contents ?? new Uint8Array(0);
}
