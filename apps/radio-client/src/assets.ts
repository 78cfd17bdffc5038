import { readdir, readFile } from 'node:fs/promises';
import type { SiteFiles } from './app.ts';

/** The site's scripts as `pnpm build` wrote them into `directory`; `undefined` where nothing was built. */
export async function readSiteFiles(directory: URL): Promise<SiteFiles | undefined> {
  const names = await readdir(directory).catch(() => []);
  if (names.length === 0) return undefined;
  const contents = await Promise.all(names.map((name) => readFile(new URL(name, directory))));
  return new Map(names.map((name, at) => [name, contents[at] as Uint8Array]));
}
