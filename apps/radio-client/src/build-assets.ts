// Part of `pnpm build`: puts the bundled player beside the built entry, where `loadPlayer` looks.
import { mkdir, writeFile } from 'node:fs/promises';
import { bundlePlayer } from '@bucket-radio/player/bundle';

const target = new URL('../dist/player/', import.meta.url);
await mkdir(target, { recursive: true });
const { files } = await bundlePlayer();
for (const [name, content] of files) await writeFile(new URL(name, target), content);
