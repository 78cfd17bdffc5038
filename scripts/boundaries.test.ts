import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

interface PlantedPackage {
  readonly name: string;
  readonly tag: string;
  readonly imports?: string;
  /** Imports without saying so in package.json. */
  readonly undeclared?: boolean;
}

/** A workspace under this repository's own rules, with these packages in it. @returns what the check says */
function check(packages: readonly PlantedPackage[]): { readonly ok: boolean; readonly output: string } {
  const directory = mkdtempSync(join(tmpdir(), 'boundaries-'));
  directories.push(directory);
  copyFileSync(join(ROOT, 'turbo.json'), join(directory, 'turbo.json'));
  const write = (path: string, content: unknown): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), typeof content === 'string' ? content : JSON.stringify(content));
  };
  write('package.json', { name: 'planted', private: true, packageManager: 'pnpm@12.21.0' });
  write('pnpm-workspace.yaml', 'packages: ["packages/*"]\n');
  write('pnpm-lock.yaml', 'lockfileVersion: "9.0"\n');
  for (const { name, tag, imports, undeclared } of packages) {
    const dependencies = imports === undefined || undeclared ? {} : { [`@bucket-radio/${imports}`]: 'workspace:*' };
    write(`packages/${name}/package.json`, { name: `@bucket-radio/${name}`, type: 'module', dependencies });
    write(`packages/${name}/turbo.json`, { extends: ['//'], tags: [tag], tasks: {} });
    const statement = imports === undefined ? 'export {};' : `import '@bucket-radio/${imports}';`;
    write(`packages/${name}/src/index.ts`, `${statement}\n`);
  }
  spawnSync('git', ['init', '-q', directory]);
  const turbo = spawnSync(join(ROOT, 'node_modules/.bin/turbo'), ['boundaries'], {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
  });
  return { ok: turbo.status === 0, output: turbo.stdout + turbo.stderr };
}

it('lets a stage import a model', () => {
  expect(
    check([
      { name: 'a', tag: 'stage', imports: 'b' },
      { name: 'b', tag: 'model' },
    ]),
  ).toMatchObject({ ok: true });
});

it.each([
  ['a stage from a stage', 'stage', 'stage'],
  ['a stage from a model', 'model', 'stage'],
  ['an adapter from the player', 'ui', 'adapter'],
  ['a store from the player', 'ui', 'store'],
  ['an app from a stage', 'stage', 'app'],
  ['an app from an app', 'app', 'app'],
  ['the publisher from a store', 'store', 'publish'],
])('refuses to import %s', (_, importer, imported) => {
  const { ok, output } = check([
    { name: 'importer', tag: importer, imports: 'imported' },
    { name: 'imported', tag: imported },
  ]);
  expect(output).toContain('@bucket-radio/imported');
  expect(ok).toBe(false);
});

it('refuses an import that package.json does not declare', () => {
  const packages = [{ name: 'a', tag: 'stage', imports: 'b', undeclared: true } as const, { name: 'b', tag: 'model' }];
  expect(check(packages)).toMatchObject({ ok: false });
});
