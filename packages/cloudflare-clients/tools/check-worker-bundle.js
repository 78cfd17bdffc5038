// Bundles what would be published as a Worker's tools do, and fails when an import of `node:` is left in it.
import { build } from 'esbuild';

const names = ['R2Service', 'R2SigningClient', 'R2ObjectStore'];
const { outputFiles } = await build({
  stdin: {
    contents: `export { ${names.join(', ')} } from '@bucket-radio/cloudflare-clients';`,
    resolveDir: import.meta.dirname,
  },
  bundle: true,
  write: false,
  minify: true,
  format: 'esm',
  platform: 'neutral',
  conditions: ['workerd', 'worker', 'browser'],
  mainFields: ['browser', 'module', 'main'],
  external: ['node:*'],
});
const { text } = outputFiles[0];
const found = [...text.matchAll(/"(node:[^"]+)"/g)].map(([, name]) => name);
if (found.length > 0)
  throw new Error(`the built package imports ${[...new Set(found)].join(', ')}: it needs Node compatibility`);
process.stdout.write(`a Worker with ${names.join(', ')} is ${Math.ceil(text.length / 1024)} KiB\n`);
