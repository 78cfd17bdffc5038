import { readdir, readFile } from 'node:fs/promises';
import type { PlayerFiles } from './app.ts';

/** Where `pnpm build` puts the player, beside the built entry. */
const PREBUILT = new URL('./player/', import.meta.url);

/** The player as files: the built ones when this is a build, else bundled from the sources beside us. */
export async function loadPlayer(): Promise<PlayerFiles> {
  const names = await readdir(PREBUILT).catch(() => []);
  if (names.length > 0) {
    return new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, PREBUILT))] as const)),
    );
  }
  const { bundlePlayer } = await import('@bucket-radio/player/bundle');
  return (await bundlePlayer()).files;
}
