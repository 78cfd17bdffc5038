import { expect, test } from 'vitest';
import { coveragePage } from './page.ts';

const count = (total: number, covered: number) => ({ total, covered });
const file = (lines: number, reached: number, branches = 0, taken = 0) => ({
  lines: count(lines, reached),
  branches: count(branches, taken),
});

const page = coveragePage({
  root: '/r',
  command: 'pnpm coverage',
  date: '2026-11-25',
  commit: 'abc1234',
  projects: ['unit', 'integration'],
  summary: {
    total: file(999, 999),
    '/r/packages/pcm/src/a.ts': file(10, 10, 4, 2),
    '/r/packages/pcm/src/b.ts': file(30, 20),
    '/r/apps/radio-server/src/c.ts': file(100, 1),
  },
  report: {
    numPassedTests: 3,
    numFailedTests: 1,
    numPendingTests: 2,
    testResults: [
      { name: '/r/packages/pcm/src/a.test.ts', assertionResults: [1, 2] },
      { name: '/r/scripts/docs/docs.test.ts', assertionResults: [1, 2, 3, 4] },
    ],
  },
});

test('lines, branches and tests are summed by package', () => {
  expect(page).toContain('| packages/pcm | 2 | 75 % | 50 % |');
  expect(page).toContain('| apps/radio-server | 0 | 1 % | – |');
});

test('tests of what is measured nowhere count too, so that the sum is the number of tests', () => {
  expect(page).toContain('| scripts/docs | 4 | – | – |');
  expect(page).toContain('| **all** | 6 | 22 % | 50 % |');
});

test('what failed and what was skipped is told', () => {
  expect(page).toContain('3 passed, 1 failed, 2 skipped');
});

test('files are told by the lines that nothing reached, most first, and those that are reached are not', () => {
  const least = [...page.matchAll(/^\| (\S+\.ts) \| (\d+) of/gm)].map(([, name, lines]) => [name, lines]);
  expect(least).toEqual([
    ['apps/radio-server/src/c.ts', '99'],
    ['packages/pcm/src/b.ts', '10'],
  ]);
});
