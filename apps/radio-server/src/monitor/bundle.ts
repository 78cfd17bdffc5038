import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MonitorFiles } from './server.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

let files: Promise<MonitorFiles> | undefined;

/** The files of the monitor page: from `dist/monitor` in a built station, bundled from source in a clone. Made once. */
export async function monitorFiles(): Promise<MonitorFiles> {
  files ??= import.meta.url.endsWith('.ts') ? bundleMonitor() : readBuiltMonitor();
  return await files;
}

/** Bundles the page from its sources; `index.html` and `monitor.css` are taken as they are. */
export async function bundleMonitor(): Promise<MonitorFiles> {
  const [{ build }, { bundlePlayer }] = await Promise.all([import('esbuild'), import('@bucket-radio/player/bundle')]);
  const page = fileURLToPath(new URL('./page/', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [`${page}main.ts`],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'eof',
    conditions: ['@bucket-radio/source', 'production'],
  });
  const script = outputFiles[0]?.contents ?? new Uint8Array();
  const player = [...(await bundlePlayer()).files].map(
    ([name, body]) => [name, { body, contentType: contentTypeOf(name) }] as const,
  );
  return new Map([
    ...player,
    ['index.html', await fileOf(page, 'index.html')],
    ['monitor.css', await fileOf(page, 'monitor.css')],
    ['monitor.js', { body: script, contentType: contentTypeOf('monitor.js') }],
  ]);
}

async function readBuiltMonitor(): Promise<MonitorFiles> {
  const directory = fileURLToPath(new URL('./monitor/', import.meta.url));
  const names = await readdir(directory);
  return new Map(await Promise.all(names.map(async (name) => [name, await fileOf(directory, name)] as const)));
}

async function fileOf(directory: string, name: string): Promise<{ body: Uint8Array; contentType: string }> {
  return { body: await readFile(`${directory}${name}`), contentType: contentTypeOf(name) };
}

function contentTypeOf(name: string): string {
  return CONTENT_TYPES[extname(name)] ?? 'application/octet-stream';
}
