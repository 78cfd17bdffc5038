// pnpm coverage: runs the unit and integration tests with what services the environment names, and writes docs/coverage.md.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from './packages/publishable.ts';

interface Count {
  readonly total: number;
  readonly covered: number;
}

type Summary = Readonly<Record<string, { readonly lines: Count; readonly branches: Count }>>;

interface Results {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly unknown[] }[];
}

const projects = process.argv.includes('--unit') ? ['unit'] : ['unit', 'integration'];
const results = join(ROOT, 'test-results', 'coverage.json');
const { status } = spawnSync(
  'node',
  [
    ...['node_modules/vitest/vitest.mjs', 'run', '--coverage', '--reporter=dot', '--reporter=json'],
    `--outputFile.json=${results}`,
    ...projects.flatMap((name) => ['--project', name]),
  ],
  { cwd: ROOT, stdio: 'inherit' },
);
if (status !== 0) {
  console.error('a test failed: docs/coverage.md is left as it was');
  process.exit(1);
}
const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;
const summary = read<Summary>(join(ROOT, 'test-results', 'coverage', 'coverage-summary.json'));
const { testResults, numPassedTests, numPendingTests } = read<Results>(results);

/** `packages/pcm` of a path below it. */
function owner(path: string): string {
  return relative(ROOT, path).split('/').slice(0, 2).join('/');
}

const lines = new Map<string, { total: number; covered: number; branches: number; taken: number; tests: number }>();
for (const [path, file] of Object.entries(summary)) {
  if (path === 'total') continue;
  const sum = lines.get(owner(path)) ?? { total: 0, covered: 0, branches: 0, taken: 0, tests: 0 };
  sum.total += file.lines.total;
  sum.covered += file.lines.covered;
  sum.branches += file.branches.total;
  sum.taken += file.branches.covered;
  lines.set(owner(path), sum);
}
for (const { name, assertionResults } of testResults) {
  const sum = lines.get(owner(name));
  if (sum !== undefined) sum.tests += assertionResults.length;
}
const percent = (part: number, whole: number): string => (whole === 0 ? '–' : `${((part / whole) * 100).toFixed(0)} %`);
const rows = [...lines]
  .sort(([a], [b]) => a.localeCompare(b))
  .map(
    ([name, { total, covered, branches, taken, tests }]) =>
      `| ${name} | ${tests} | ${percent(covered, total)} | ${percent(taken, branches)} |`,
  );
const date = new Date().toISOString().slice(0, 10);
writeFileSync(
  join(ROOT, 'docs', 'coverage.md'),
  `# Tests and what they reach

Written by \`pnpm coverage${projects.length === 1 ? ' --unit' : ''}\` on ${date}: ${projects.join(' and ')} tests, ${numPassedTests} passed, ${numPendingTests} skipped. Browser tests and
real-time capture are not in it, nor what tests start as processes of their own; so the player, the station's commands and
pages that only a browser runs are reached by more than this says.

| | tests | lines | branches |
| --- | --- | --- | --- |
${rows.join('\n')}
`,
);
