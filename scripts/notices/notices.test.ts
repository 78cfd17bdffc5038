import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ROOT } from '../packages/publishable.ts';
import { collectPackages, isKnownLicense, noticesText } from './notices.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

/** What `pnpm deploy` makes of packages with these licences. */
function deployed(packages: Readonly<Record<string, string | undefined>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'notices-'));
  directories.push(directory);
  for (const [name, license] of Object.entries(packages)) {
    const path = join(directory, 'node_modules/.pnpm', `${name.replace('/', '+')}@1.0.0`, 'node_modules', name);
    mkdirSync(join(path, 'x'), { recursive: true });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(join(path, 'package.json'), JSON.stringify({ name, version: '1.0.0', license }));
    writeFileSync(join(path, 'LICENSE'), `the licence of ${name}`);
  }
  return directory;
}

test('every package is there with its licence, our own are not', () => {
  const packages = collectPackages(deployed({ hono: 'MIT', '@noble/hashes': 'MIT', '@bucket-radio/pcm': 'MIT' }));
  expect(packages.map(({ name }) => name)).toEqual(['@noble/hashes', 'hono']);
  expect(noticesText(packages)).toContain('hono 1.0.0 — MIT\n\nthe licence of hono');
});

test('a choice of licences is enough when one of them will do', () => {
  expect(collectPackages(deployed({ a: '(GPL-3.0 OR MIT)', b: 'MIT AND ISC' }))).toHaveLength(2);
});

test('a library that may be replaced in the image is fine, with its licence in full', () => {
  const packages = collectPackages(deployed({ parser: 'LGPL-3.0-or-later', b: 'MPL-2.0' }));
  expect(noticesText(packages)).toContain('parser 1.0.0 — LGPL-3.0-or-later\n\nthe licence of parser');
});

test('a library of machine code may not come without its source', () => {
  const directory = deployed({ codec: 'LGPL-3.0-or-later', encoder: 'MIT' });
  for (const name of ['codec', 'encoder']) {
    const path = join(directory, 'node_modules/.pnpm', `${name}@1.0.0`, 'node_modules', name, 'x');
    writeFileSync(join(path, 'lib.so.42'), '');
  }
  expect(() => collectPackages(directory)).toThrow(/: codec@1\.0\.0 \(LGPL-3\.0-or-later, with machine code\);/);
});

test.each([
  ['GPL-3.0', 'a@1.0.0 (GPL-3.0)'],
  ['MIT AND GPL-3.0', 'a@1.0.0 (MIT AND GPL-3.0)'],
  [undefined, 'a@1.0.0 (none given)'],
])('a licence %s stops the image', (license, named) => {
  expect(() => collectPackages(deployed({ a: license, b: 'MIT' }))).toThrow(named);
});

interface Manifest {
  readonly name: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** What runs with the package in this directory, as far as it is installed: names and licences. */
function runtimePackages(directory: string, found = new Map<string, string>()): ReadonlyMap<string, string> {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
  if (found.has(directory)) return found;
  found.set(directory, `${manifest.name}: ${manifest.license ?? 'none given'}`);
  const store = directory.slice(0, directory.lastIndexOf('node_modules') + 'node_modules'.length);
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const path = [join(directory, 'node_modules', name), join(store, name)].find((one) => existsSync(one));
    if (path !== undefined) runtimePackages(realpathSync(path), found);
  }
  return found;
}

test.each(['radio-server', 'radio-client'])('an image of %s has no licence that nobody has looked at', (app) => {
  const licenses = [...runtimePackages(join(ROOT, 'apps', app)).values()];
  expect(licenses.length).toBeGreaterThan(10);
  expect(licenses.filter((one) => !isKnownLicense(one.slice(one.lastIndexOf(': ') + 2)))).toEqual([]);
});
