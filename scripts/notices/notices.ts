import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ThirdPartyPackage {
  readonly name: string;
  readonly version: string;
  /** As its package.json says, an SPDX expression. */
  readonly license: string;
  /** The files named LICENSE, LICENCE, COPYING or NOTICE, joined. */
  readonly text: string;
  /** Whether all of it is source, and no machine code. */
  readonly isReadable: boolean;
}

/** Licences that ask for no more than to be passed on with the code. An image with another one is not built. */
const PERMISSIVE =
  /^\(?(MIT|ISC|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|0BSD|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0)\)?$/;
/**
 * Copyleft of a file (MPL) or a library (LGPL): an image has it as it came, a directory of readable source with its licence,
 * which anybody can look at and replace. That is what they ask for.
 */
const WITH_SOURCE = /^(MPL-2\.0|LGPL-3\.0-or-later)$/;
/** What nobody can read, nor replace in part. */
const BINARY = /\.(node|so|dylib|dll|wasm|a)(\.\d+)*$/;

/** An image must not be built with a licence that nobody has looked at. The message names the packages. */
export class LicenseError extends Error {
  override readonly name = 'LicenseError';
}

/**
 * Third-party packages of a directory that `pnpm deploy` made, by name.
 * @throws LicenseError when one has no licence, or one that is not known here
 */
export function collectPackages(directory: string): readonly ThirdPartyPackage[] {
  const store = join(directory, 'node_modules', '.pnpm');
  const found = new Map<string, ThirdPartyPackage>();
  for (const entry of readdirSync(store)) {
    const modules = join(store, entry, 'node_modules');
    if (!existsSync(modules)) continue;
    for (const path of packagePaths(modules)) {
      const one = readPackage(path);
      if (!one.name.startsWith('@bucket-radio/')) found.set(`${one.name}@${one.version}`, one);
    }
  }
  const unknown = [...found.values()].filter(({ license, isReadable }) => !isKnownLicense(license, isReadable));
  if (unknown.length > 0) {
    const names = unknown.map(
      ({ name, version, license, isReadable }) =>
        `${name}@${version} (${license || 'none given'}${isReadable ? '' : ', with machine code'})`,
    );
    throw new LicenseError(
      `licences that nobody has looked at: ${names.join(', ')}; allow them in scripts/notices/notices.ts`,
    );
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
}

export function noticesText(packages: readonly ThirdPartyPackage[]): string {
  const sections = packages.map(({ name, version, license, text }) => {
    const body = text === '' ? `Its package holds no licence file; package.json says ${license}.` : text.trim();
    return `${name} ${version} — ${license}\n\n${body}\n`;
  });
  const head = 'bucket-radio is MIT licensed. It runs with the packages below, each under its own licence.\n';
  return [head, ...sections].join(`\n${'-'.repeat(80)}\n\n`);
}

/** Whether somebody has looked at an SPDX expression, and found that an image may have such a package. */
export function isKnownLicense(license: string, isReadable: boolean = true): boolean {
  // "(MIT OR GPL-3.0)": we choose; "MIT AND ISC": both must be fine.
  const choices = license.replace(/^\(|\)$/g, '').split(' OR ');
  return choices.some((choice) =>
    choice.split(' AND ').every((one) => PERMISSIVE.test(one.trim()) || (isReadable && WITH_SOURCE.test(one.trim()))),
  );
}

function packagePaths(modules: string): readonly string[] {
  return readdirSync(modules, { withFileTypes: true }).flatMap((entry) => {
    const path = join(modules, entry.name);
    if (entry.name.startsWith('@') && !entry.isSymbolicLink()) return packagePaths(path);
    return entry.isDirectory() && existsSync(join(path, 'package.json')) ? [path] : [];
  });
}

function readPackage(path: string): ThirdPartyPackage {
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version?: string;
    readonly license?: string | { readonly type?: string };
  };
  const { name, version = '0.0.0', license = '' } = manifest;
  const texts = readdirSync(path)
    .filter((file) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(file))
    .filter((file) => !/\.(js|ts|json)$/.test(file))
    .map((file) => readFileSync(join(path, file), 'utf8'));
  return {
    name,
    version,
    license: typeof license === 'string' ? license : (license.type ?? ''),
    text: texts.join('\n'),
    isReadable: !readdirSync(path, { recursive: true, encoding: 'utf8' }).some((file) => BINARY.test(file)),
  };
}
