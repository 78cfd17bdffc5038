import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../packages/publishable.ts';
import { COMMAND_RULES } from './command-table.ts';
import { costsPage } from './costs.ts';
import { anchors, commands, pages, relativeLinks } from './markdown.ts';

const ALL = pages();
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe.each(ALL.map((page) => [page.path, page] as const))('%s', (path, page) => {
  test('leads nowhere that does not exist', () => {
    for (const link of relativeLinks(page)) {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : normalize(join(dirname(path), decodeURIComponent(file)));
      expect(existsSync(join(ROOT, target)), `${link} → ${target}`).toBe(true);
      if (anchor === undefined || statSync(join(ROOT, target)).isDirectory()) continue;
      const headings = anchors({ path: target, text: read(target) });
      expect(headings.has(anchor), `${link}: ${target} has no such heading`).toBe(true);
    }
  });

  test('has no command that nobody runs without saying why', () => {
    const unknown = commands(page).filter(({ text }) => !COMMAND_RULES.some(({ match }) => match.test(text)));
    expect(unknown.map(({ text }) => text)).toEqual([]);
  });
});

test('the table of commands names tests that are there, and no command that is not', () => {
  const documented = ALL.flatMap(commands).map(({ text }) => text);
  for (const rule of COMMAND_RULES) {
    const first = documented.filter((text) => COMMAND_RULES.find(({ match }) => match.test(text)) === rule);
    expect(first.length, `${rule.match} fits no documented command`).toBeGreaterThan(0);
    if ('test' in rule) expect(read(rule.test)).toContain(rule.proves);
    if ('not' in rule) expect(rule.not.length).toBeGreaterThan(10);
  }
});

/** `type XErrorCode = 'A' | 'B';` of every package, by the name of its error class. */
function errorCodes(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const directory = join(ROOT, 'packages');
  for (const name of readdirSync(directory)) {
    const source = join(directory, name, 'src');
    if (!existsSync(source)) continue;
    for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
      if (!/error\.ts$/.test(file)) continue;
      const text = readFileSync(join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
      const [, error, union = ''] = /export type (\w+Error)Code =([^;]*);/.exec(text) ?? [];
      const codes = [...union.matchAll(/'([^']+)'/g)].map(([, code = '']) => code);
      if (error !== undefined) found.set(error, codes);
    }
  }
  return found;
}

test('every error code has a line in docs/troubleshooting.md, and every line a code', () => {
  const sections = read('docs/troubleshooting.md').split(/^## /m).slice(1);
  const told = new Map(
    sections.map((section) => {
      const [, error = ''] = /^`(\w+)`/.exec(section) ?? [];
      return [error, [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, code = '']) => code).sort()];
    }),
  );
  const known = errorCodes();
  expect(known.size).toBeGreaterThanOrEqual(9);
  expect(Object.fromEntries(told)).toEqual(
    Object.fromEntries([...known].map(([error, codes]) => [error, [...codes].sort()])),
  );
});

test('the index of the pages names every page, and the README every package, app and folder', () => {
  const index = read('docs/README.md');
  const own = ALL.filter(({ path }) => /^docs\/[^/]+\.md$/.test(path) && path !== 'docs/README.md');
  for (const { path } of own) expect(index).toContain(`(${path.slice('docs/'.length)})`);
  const told = read('README.md') + index;
  const folders = execFileSync('git', ['ls-tree', '-d', '--name-only', 'HEAD'], { cwd: ROOT, encoding: 'utf8' });
  for (const folder of folders
    .trim()
    .split('\n')
    .filter((name) => !/^(\.|docs|packages|apps)/.test(name))) {
    expect(index).toContain(`\`${folder}\``);
  }
  for (const folder of ['packages', 'apps']) {
    const names = readdirSync(join(ROOT, folder)).filter((name) =>
      existsSync(join(ROOT, folder, name, 'package.json')),
    );
    for (const name of names) expect(told).toContain(`${folder}/${name.replace(/^.*(?=-proofs$)/, '*')}`);
  }
});

test('configuration files of the examples hold settings that exist', () => {
  const settings = read('apps/radio-server/src/config/settings.ts');
  const files = ['record-only', 'failover-input'].map((name) => `examples/${name}/radio.config.yaml`);
  for (const file of files) {
    for (const name of Object.keys(parse(read(file)) as object)) expect(settings).toContain(`  ${name}: setting(`);
  }
});

test('docs/costs.md is what the prices of today make of it', () => {
  expect(read('docs/costs.md')).toBe(costsPage());
});
