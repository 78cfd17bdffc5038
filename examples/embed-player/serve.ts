// Serves the three examples for the station whose manifest is named: node serve.ts http://localhost:9000/radio/live/manifest.json
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { bundlePlayer } from '@bucket-radio/player/bundle';
import { build } from 'esbuild';
import { buildSite } from './static-site/build.ts';

/** The address that stands in the examples. */
const PLACEHOLDER = 'https://radio.example/live/manifest.json';

const TYPES: Readonly<Record<string, string>> = { html: 'text/html; charset=utf-8', js: 'text/javascript' };

/** Path → content of everything there is. */
async function collect(): Promise<Map<string, string | Uint8Array>> {
  const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');
  // Outside this repository: copy node_modules/@bucket-radio/player/dist/cdn/ to where your site serves /player/.
  const { files } = await bundlePlayer();
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('react/main.tsx', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    conditions: ['@bucket-radio/source'],
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const site = buildSite([
    { slug: 'monday', title: 'Monday', text: 'We went on the air.' },
    { slug: 'tuesday', title: 'Tuesday', text: 'Somebody listened.' },
  ]);
  return new Map<string, string | Uint8Array>([
    ...[...files].map(([name, content]) => [`/player/${name}`, content] as const),
    ['/html/index.html', await read('html/index.html')],
    ['/react/index.html', await read('react/index.html')],
    ['/react/main.js', outputFiles[0]?.text ?? ''],
    ...[...site].map(([name, content]) => [`/static-site/${name}`, content] as const),
  ]);
}

const [station = 'http://localhost:9000/radio/live/manifest.json', port = '8090'] = process.argv.slice(2);
const contents = await collect();
const server = createServer((request, response) => {
  const path = (request.url ?? '').replace(/\?.*$/, '').replace(/\/$/, '/index.html');
  const content = contents.get(path);
  if (content === undefined)
    return response.writeHead(404).end('no such page; there are /html/, /react/, /static-site/\n');
  response.setHeader('Content-Type', TYPES[path.split('.').at(-1) ?? ''] ?? 'text/plain; charset=utf-8');
  return response.end(typeof content === 'string' ? content.replaceAll(PLACEHOLDER, station) : content);
}).listen(Number(port), '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.stdout.write(`${origin}/html/ ${origin}/react/ ${origin}/static-site/\n`);
});
