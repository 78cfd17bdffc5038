// Writes the monitor page into dist/monitor, beside the built station.
import { mkdir, writeFile } from 'node:fs/promises';
import { bundleMonitor } from '../src/monitor/bundle.ts';

const directory = new URL('../dist/monitor/', import.meta.url);
await mkdir(directory, { recursive: true });
for (const [name, { body }] of await bundleMonitor()) await writeFile(new URL(name, directory), body);
