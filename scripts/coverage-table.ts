// pnpm coverage [--unit]: runs the unit and integration tests, with the services that this machine can start, and writes
// docs/coverage.md. A failed test does not spoil it: the page says how many failed, and this ends with 1.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startLocalServices } from './local-services.ts';
import { ROOT } from './packages/publishable.ts';
import { type CoverageSummary, coveragePage, type TestReport } from './test-coverage/page.ts';

const unitOnly = process.argv.includes('--unit');
const projects = unitOnly ? ['unit'] : ['unit', 'integration'];
const results = join(ROOT, 'test-results', 'coverage.json');
const summary = join(ROOT, 'test-results', 'coverage', 'coverage-summary.json');
const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

/** @returns the exit code of vitest; its results are in the files */
function runTests(): number {
  for (const path of [results, summary]) rmSync(path, { force: true });
  const { status } = spawnSync(
    'node',
    [
      ...['node_modules/vitest/vitest.mjs', 'run', '--coverage', '--reporter=default', '--reporter=json'],
      `--outputFile.json=${results}`,
      ...projects.flatMap((name) => ['--project', name]),
    ],
    { cwd: ROOT, stdio: 'inherit' },
  );
  return status ?? 1;
}

// A signal goes to the tests as well; it must not skip what stops the services.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
const stopServices = unitOnly ? () => undefined : await startLocalServices();
let code = 1;
try {
  code = runTests();
} finally {
  stopServices();
}
const page = coveragePage({
  root: ROOT,
  command: unitOnly ? 'pnpm coverage --unit' : 'pnpm coverage',
  date: new Date().toISOString().slice(0, 10),
  commit: execFileSync('git', ['-C', ROOT, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  projects,
  summary: read<CoverageSummary>(summary),
  report: read<TestReport>(results),
});
writeFileSync(join(ROOT, 'docs', 'coverage.md'), page);
process.exitCode = code;
