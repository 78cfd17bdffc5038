import { defineConfig } from 'vitest/config';

const conditions = ['@bucket-radio/source'];
const resolve = { conditions };
const ssr = { resolve: { conditions } };
const realtime = 'packages/capture/**/*.integration.test.ts';
const exclude = ['**/node_modules/**', '**/dist/**', '.toolchain/**', '.services/**'];

/**
 * Three kinds of test, told apart by file name:
 * `x.test.ts` needs nothing, `x.integration.test.ts` a real service (S3 server, sound daemon, ffmpeg),
 * `x.browser.test.ts` a real browser. Workspace packages resolve to their sources: nothing is built first.
 * Integration tests of capture are a project of their own, `realtime`: they measure when sound arrives, so they and the
 * browser tests run one file at a time, in a round of their own (scripts/test.mjs). `packages` judges what would be
 * published, so it needs a build: CI runs it after that (`pnpm test:packages`).
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    // Measured only by `pnpm coverage`.
    coverage: {
      provider: 'v8',
      include: ['{packages,apps}/*/src/**/*.{ts,tsx}'],
      exclude: ['**/*.test.{ts,tsx}', '**/testing/**', 'packages/testing/**', 'packages/*-proofs/**'],
      reporter: ['json-summary'],
      reportsDirectory: 'test-results/coverage',
      // docs/coverage.md says how many tests failed.
      reportOnFailure: true,
    },
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['{packages,apps,tooling,scripts,examples}/**/*.test.{ts,tsx}'],
          exclude: [...exclude, '**/*.integration.test.ts', '**/*.browser.test.ts', '**/*.packed.test.ts'],
          // Nothing here waits for anything outside; a busy machine may still be ten times slower than an idle one.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'integration',
          include: ['{packages,apps,scripts,examples}/**/*.integration.test.ts'],
          exclude: [...exclude, realtime],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'realtime',
          include: [realtime],
          exclude,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'packages',
          include: ['scripts/**/*.packed.test.ts'],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'browser',
          include: ['{packages,apps}/**/*.browser.test.ts'],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
