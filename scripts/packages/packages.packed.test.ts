import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalRegistry, localRegistry } from './local-registry.ts';
import { entryPoints, type PackedPackage, packPackage } from './pack.ts';
import { publishablePackages, ROOT } from './publishable.ts';
import { BUDGETS_KB, measurePackage } from './sizes.ts';

const execute = promisify(execFile);
const packages = publishablePackages();
/** What people have beside the packages: types of their runtime, and the frameworks that entry points are for. */
const COMPANIONS = ['@types/node', 'react', '@types/react', 'preact', 'solid-js'];
const directory = mkdtempSync(join(tmpdir(), 'packed-'));
const project = join(directory, 'project');
const packed = new Map<string, PackedPackage>();
let registry: LocalRegistry;

/** Runs a program of the empty project. @returns what it printed, and an exit code that is 0 when all is well */
async function inProject(
  command: string,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly output: string }> {
  return await execute(command, args, { cwd: project }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: `${error.stdout}${error.stderr}`,
    }),
  );
}

beforeAll(async () => {
  const tarballs = join(directory, 'tarballs');
  mkdirSync(tarballs);
  mkdirSync(project);
  for (const one of packages) {
    if (!existsSync(join(one.directory, 'dist')))
      throw new Error(`${one.manifest.name} is not built: pnpm turbo build, then again`);
    packed.set(one.manifest.name, await packPackage(one, tarballs));
  }
  registry = await localRegistry(new Map([...packed.values()].map(({ tarball, manifest }) => [tarball, manifest])));
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  const npm = [`--registry=${registry.url}`, `--cache=${join(directory, 'cache')}`, '--no-audit', '--no-fund'];
  const { code, output } = await inProject(
    'npm',
    ...['install', '--ignore-scripts', '--loglevel=error', ...npm],
    ...packages.map(({ manifest }) => manifest.name),
    ...COMPANIONS,
  );
  if (code !== 0) throw new Error(`npm install failed:\n${output}`);
}, 300_000);

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

describe.each(packages.map(({ manifest }) => manifest.name))('%s', (name) => {
  const get = (): PackedPackage => {
    const found = packed.get(name);
    if (found === undefined) throw new Error(`${name} was not packed`);
    return found;
  };

  test('carries its licence, a description of itself, and nothing of the tests', () => {
    expect(get().files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js']));
    expect(get().files.filter((path) => /\.test\.|^test\/|^bench\/|^\.|tsconfig/.test(path))).toEqual([]);
  });

  test('asks for versions, not for a workspace', () => {
    const { dependencies, peerDependencies, optionalDependencies } = get().manifest;
    const specs = Object.entries({ ...dependencies, ...peerDependencies, ...optionalDependencies });
    for (const [dependency, spec] of specs) expect(`${dependency}@${spec}`).toMatch(/@([\^~]|>=)?\d+(\.\d+)*[^:*]*$/);
  });

  test('is installed from its tarball, and every entry point can be imported', async () => {
    expect([...registry.fetched]).toContain(`${name}@${get().manifest.version}`);
    const entries = entryPoints(get().manifest);
    expect(entries.length).toBeGreaterThan(0);
    // Types for JSX are all there is to some entries.
    const script = `for (const entry of ${JSON.stringify(entries)}) {
      const names = Object.keys(await import(entry));
      if (names.length === 0 && !entry.includes('/jsx/')) throw new Error(entry + ' exports nothing');
    }`;
    expect(await inProject('node', '--input-type=module', '--eval', script)).toEqual({ code: 0, output: '' });
  });

  test.each([
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ])('type-checks with module %s and resolution %s', async (module, moduleResolution) => {
    const stem = `${name.replace(/\W/g, '-')}-${module}`;
    const entries = entryPoints(get().manifest);
    const imports = entries.map((entry, at) => `import * as entry${at} from '${entry}';`);
    const uses = entries.map((_, at) => `entry${at}`);
    writeFileSync(join(project, `${stem}.ts`), `${imports.join('\n')}\nexport const used = [${uses.join()}];\n`);
    const options = { strict: true, noEmit: true, target: 'es2022', types: ['node'], module, moduleResolution };
    const compilerOptions = { ...options, lib: ['es2024', 'dom', 'dom.iterable', 'esnext.disposable'] };
    writeFileSync(join(project, `${stem}.json`), JSON.stringify({ compilerOptions, files: [`${stem}.ts`] }));
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
    expect(await inProject(tsc, '--project', `${stem}.json`)).toEqual({ code: 0, output: '' });
  });

  test('stays within its size budget', async () => {
    const budget = BUDGETS_KB[name];
    if (budget === undefined) throw new Error(`${name} has no size budget: give it one in scripts/packages/sizes.ts`);
    const { tarballKb, codeKb } = await measurePackage(get());
    expect({ tarballKb, codeKb }, 'raise the budget on purpose, in the commit that needs it').toSatisfy(
      (size: typeof budget) => size.tarballKb <= budget.tarballKb && size.codeKb <= budget.codeKb,
    );
  });

  test('is checked by publint and attw before it is published', () => {
    const { manifest } = packages.find((one) => one.manifest.name === name) ?? {};
    expect(manifest?.scripts?.['check-package']).toMatch(/^publint --strict && attw --pack \. --profile esm-only/);
  });
});

/** The first block of TypeScript in a package's README, as it is printed there, in the empty project. */
async function readmeExample(folder: string): Promise<string> {
  const readme = readFileSync(join(ROOT, 'packages', folder, 'README.md'), 'utf8');
  const [, code = ''] = /^```ts\n([\s\S]*?)^```/m.exec(readme) ?? [];
  const file = `readme-${folder}.ts`;
  writeFileSync(join(project, file), code);
  const options = { strict: true, noEmit: true, target: 'esnext', module: 'nodenext', types: ['node'] };
  const compilerOptions = { ...options, lib: ['es2024', 'dom', 'dom.iterable', 'esnext.disposable'] };
  writeFileSync(join(project, `readme-${folder}.json`), JSON.stringify({ compilerOptions, files: [file] }));
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  expect(await inProject(tsc, '--project', `readme-${folder}.json`)).toEqual({ code: 0, output: '' });
  return file;
}

describe("a README's first example does as printed what it says", () => {
  test.each([
    ['pcm', /^$/],
    ['segmenter', /^$/],
    ['publisher', /^$/],
    ['object-store', /^42\} 13\nmanifest\.json 13\ntrue\n$/],
    ['uploader', /^\d+ bytes in \d+ parts, 0 of them from an earlier try$/m],
    ['hybrid-buffer', /^Content-Type: application\/octet-stream\n? \d+ false$/m],
  ])('%s', async (folder, prints) => {
    const { code, output } = await inProject('node', await readmeExample(folder));
    expect(output).toMatch(prints);
    expect(code).toBe(0);
  });

  test('cloudflare-clients, in workerd', async () => {
    const file = await readmeExample('cloudflare-clients');
    const { outputFiles } = await build({
      entryPoints: [join(project, file)],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      // As wrangler does; what the example does not use is shaken out, and a Worker without Node compatibility shows it.
      external: ['node:*'],
    });
    const names = ['R2_ACCOUNT_ID', 'R2_ACCESS_KEY_ID', 'R2_SECRET_ACCESS_KEY', 'R2_BUCKET_MEDIA'];
    const worker = new Miniflare({
      modules: true,
      script: outputFiles[0]?.text ?? '',
      compatibilityDate: '2026-07-01',
      r2Buckets: ['MEDIA_BUCKET'],
      bindings: Object.fromEntries(names.map((name) => [name, name.toLowerCase().replaceAll('_', '-')])),
    });
    try {
      const response = await worker.dispatchFetch('http://localhost/', { method: 'PUT', body: 'sound' });
      const { about, url } = (await response.json()) as { about: unknown; url: string };
      expect(about).toEqual({ seconds: 3600 });
      expect(url).toContain('https://r2-account-id.r2.cloudflarestorage.com/r2-bucket-media/ada/one.flac?X-Amz-');
    } finally {
      await worker.dispose();
    }
  });
});

test('the table of sizes names every package', () => {
  const table = readFileSync(join(ROOT, 'docs', 'package-sizes.md'), 'utf8');
  for (const { manifest } of packages) expect(table).toContain(`| \`${manifest.name}\` |`);
});

test('the packages that a page loads stay free of what only servers need', () => {
  const { dependencies = {} } = packed.get('@bucket-radio/player')?.manifest ?? {};
  expect(Object.keys(dependencies).filter((one) => /aws|smithy|zod|hono/.test(one))).toEqual([]);
});
