import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

export const NOTICES_FILE = 'THIRD-PARTY-NOTICES.txt';

/** A package of others whose code is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as its package.json has it. */
  readonly license: string;
  /** Its license file, in full. */
  readonly text: string;
}

/** C code that a package carries compiled, which its own license does not speak of. All of it has Xiph's license. */
const COMPILED: Readonly<Record<string, string>> = {
  '@wasm-audio-decoders/flac':
    'It contains libFLAC:\n\nCopyright (C) 2000-2009 Josh Coalson\nCopyright (C) 2011-2024 Xiph.Org Foundation',
  'opus-decoder':
    'It contains libopus:\n\nCopyright 2001-2023 Xiph.Org, Skype Limited, Octasic, Jean-Marc Valin, Timothy B. Terriberry,\n' +
    'CSIRO, Gregory Maxwell, Mark Borgerding, Erik de Castro Lopo, Mozilla, Amazon',
};

/** `…/node_modules/NAME` of a module, whatever the layout of the store around it. */
const PACKAGE_DIRECTORY = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

/**
 * The packages that these modules belong to, by name. Workspace packages are this project's own, and are not listed.
 * @param modules paths, as esbuild's metafile has them
 * @throws Error when a package brings no license text: it must not be redistributed
 */
export async function bundledPackages(modules: readonly string[]): Promise<BundledPackage[]> {
  const directories = new Set(modules.flatMap((path) => path.replaceAll('\\', '/').match(PACKAGE_DIRECTORY) ?? []));
  const packages = await Promise.all([...directories].map((directory) => readPackage(resolve(directory))));
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly author?: string | { readonly name: string };
}

async function readPackage(directory: string): Promise<BundledPackage> {
  const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as PackageManifest;
  const { name, version, license } = manifest;
  const compiled = COMPILED[name];
  const parts = [await licenseText(directory, manifest)];
  if (compiled !== undefined) parts.push(compiled, await ownText('xiph'));
  return { name, version, license, text: parts.join('\n\n') };
}

/** The package's own file; where an MIT package forgot it, the license with its author's name. */
async function licenseText(directory: string, manifest: PackageManifest): Promise<string> {
  const file = (await readdir(directory)).find((one) => /^licen[cs]e(\.|$)/i.test(one));
  if (file !== undefined) return (await readFile(join(directory, file), 'utf8')).trim();
  const { name, version, license, author } = manifest;
  const holder = typeof author === 'object' ? author.name : author;
  if (license !== 'MIT' || holder === undefined)
    throw new Error(`${name} ${version} brings no license file; do not bundle it without one`);
  return `MIT License\n\nCopyright (c) ${holder}\n\n${await ownText('mit')}`;
}

async function ownText(name: 'mit' | 'xiph'): Promise<string> {
  return (await readFile(new URL(`licenses/${name}.txt`, import.meta.url), 'utf8')).trim();
}

/** The notices as one text. */
export function noticesOf(packages: readonly BundledPackage[]): string {
  const rule = '-'.repeat(80);
  const sections = packages.map(({ name, version, license, text }) => `${name} ${version}, ${license}\n\n${text}\n`);
  return [`The player contains code of these packages.\n`, ...sections].join(`\n${rule}\n\n`);
}
