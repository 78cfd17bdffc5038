import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { collectPackages, noticesText } from './notices.ts';

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

test.each([
  ['GPL-3.0', 'a@1.0.0 (GPL-3.0)'],
  ['MIT AND GPL-3.0', 'a@1.0.0 (MIT AND GPL-3.0)'],
  [undefined, 'a@1.0.0 (none given)'],
])('a licence %s stops the image', (license, named) => {
  expect(() => collectPackages(deployed({ a: license, b: 'MIT' }))).toThrow(named);
});
