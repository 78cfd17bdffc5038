import { mkdir, writeFile } from 'node:fs/promises';
import { bundlePlayer } from './bundle.ts';

/** Writes `dist/cdn/`: what a page loads with one script tag. Run by `build`, after tsup. */
const directory = new URL('../dist/cdn/', import.meta.url);
await mkdir(directory, { recursive: true });
const { files } = await bundlePlayer({ sourcemap: true });
for (const [name, content] of files) await writeFile(new URL(name, directory), content);
