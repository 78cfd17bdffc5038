import { relative } from 'node:path';

interface Count {
  readonly total: number;
  readonly covered: number;
}

/** `coverage-summary.json`: by absolute path, and once as `total`. */
export type CoverageSummary = Readonly<Record<string, { readonly lines: Count; readonly branches: Count }>>;

/** What of vitest's JSON report is used. */
export interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly unknown[] }[];
}

export interface CoverageRun {
  readonly root: string;
  readonly command: string;
  readonly date: string;
  readonly commit: string;
  /** Kinds of tests that ran: `unit`, `integration`. */
  readonly projects: readonly string[];
  readonly summary: CoverageSummary;
  readonly report: TestReport;
}

/** So many files are named as those with the most lines that nothing reached. */
const LEAST_REACHED = 15;

interface Row {
  tests: number;
  lines: Count;
  branches: Count;
}

const NONE: Count = { total: 0, covered: 0 };
const sum = (a: Count, b: Count): Count => ({ total: a.total + b.total, covered: a.covered + b.covered });
const percent = ({ total, covered }: Count): string =>
  total === 0 ? '–' : `${((covered / total) * 100).toFixed(0)} %`;

/** docs/coverage.md, whole. */
export function coveragePage({ root, command, date, commit, projects, summary, report }: CoverageRun): string {
  const owner = (path: string): string => relative(root, path).split('/').slice(0, 2).join('/');
  const files = Object.entries(summary).filter(([path]) => path !== 'total');
  const rows = new Map<string, Row>();
  const rowOf = (name: string): Row => {
    const row = rows.get(name) ?? { tests: 0, lines: NONE, branches: NONE };
    rows.set(name, row);
    return row;
  };
  for (const [path, { lines, branches }] of files) {
    const row = rowOf(owner(path));
    row.lines = sum(row.lines, lines);
    row.branches = sum(row.branches, branches);
  }
  for (const { name, assertionResults } of report.testResults) rowOf(owner(name)).tests += assertionResults.length;
  const all = files.reduce(
    (total, [, { lines, branches }]) => {
      return { lines: sum(total.lines, lines), branches: sum(total.branches, branches) };
    },
    { lines: NONE, branches: NONE },
  );
  const { numPassedTests, numFailedTests, numPendingTests } = report;
  const line = (name: string, tests: number, lines: Count, branches: Count): string =>
    `| ${name} | ${tests} | ${percent(lines)} | ${percent(branches)} |`;
  const table = [...rows]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, { tests, lines, branches }]) => line(name, tests, lines, branches));
  const missed = ({ total, covered }: Count): number => total - covered;
  const least = files
    .filter(([, { lines }]) => missed(lines) > 0)
    .sort(([, a], [, b]) => missed(b.lines) - missed(a.lines))
    .slice(0, LEAST_REACHED)
    .map(([path, { lines }]) => `| ${relative(root, path)} | ${missed(lines)} of ${lines.total} | ${percent(lines)} |`);
  const tests = numPassedTests + numFailedTests + numPendingTests;
  return `# Tests and what they reach

Written by \`${command}\` on ${date}, at commit ${commit}: ${projects.join(' and ')} tests, ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped.
Browser tests and real-time capture are not in it, nor what tests start as processes of their own; so the player, the
station's commands, and pages that only a browser runs are reached by more than this says.

| | tests | lines | branches |
| --- | --- | --- | --- |
${[...table, line('**all**', tests, all.lines, all.branches)].join('\n')}

## Least reached

The files with the most lines that no test of this run went through:

| file | lines not reached | reached |
| --- | --- | --- |
${least.join('\n')}
`;
}
