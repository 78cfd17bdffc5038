// Part of `pnpm build`: the scripts beside the built Node entry, and the Worker, one file that holds them.
import { mkdir, writeFile } from 'node:fs/promises';
import { bundleSite } from '../src/bundle-site.ts';
import { bundleWorker } from './bundle-worker.ts';

const dist = new URL('../dist/', import.meta.url);
const files = await bundleSite();
await mkdir(new URL('files/', dist), { recursive: true });
for (const [name, content] of files) await writeFile(new URL(`files/${name}`, dist), content);
await writeFile(new URL('worker.js', dist), await bundleWorker(files));
