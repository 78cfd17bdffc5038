import { defineConfig } from 'tsup';

/**
 * The one way a library of this repository is built: ESM, unbundled dependencies, source maps.
 * Types come from `tsc --emitDeclarationOnly` (the native compiler has no API for bundling them).
 *
 * @param {Record<string, string>} entry output name → source file
 * @param {import('tsup').Options} [extra]
 */
export function library(entry, extra = {}) {
  return defineConfig({
    entry,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    sourcemap: true,
    clean: true,
    dts: false,
    splitting: true,
    external: [/^node:/],
    // `fs` for `node:fs` is a stranger's package to Deno and to bundlers.
    removeNodeProtocol: false,
    ...extra,
  });
}
