import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Versions of React that the wrapper is for, both in their development build, which warns. */
export const REACT_VERSIONS = [18, 19] as const;

type ReactVersion = (typeof REACT_VERSIONS)[number];

/** Bundles `test/react/NAME.tsx` with that version of React: `client` as a module for a page, `server` as CommonJS for Node. */
export async function bundleReact(name: 'client' | 'server', version: ReactVersion): Promise<Uint8Array> {
  const browser = name === 'client';
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`react/${name}.tsx`, import.meta.url))],
    // Aliases are looked up from here.
    absWorkingDir: fileURLToPath(new URL('../', import.meta.url)),
    bundle: true,
    write: false,
    format: browser ? 'esm' : 'cjs',
    platform: browser ? 'browser' : 'node',
    target: 'es2022',
    jsx: 'automatic',
    conditions: ['@bucket-radio/source'],
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: version === 19 ? {} : { react: 'react-18', 'react-dom': 'react-dom-18' },
    logLevel: 'silent',
  });
  return outputFiles[0]?.contents ?? new Uint8Array(0);
}
