import { defineConfig } from 'vitest/config';

const conditions = ['@bucket-radio/source'];
const resolve = { conditions };
const ssr = { resolve: { conditions } };
const exclude = ['**/node_modules/**', '**/dist/**', '.toolchain/**'];

/**
 * Three kinds of test, told apart by file name:
 * `x.test.ts` needs nothing, `x.integration.test.ts` a real service (S3 server, sound daemon, ffmpeg),
 * `x.browser.test.ts` a real browser. Workspace packages resolve to their sources: nothing is built first.
 */
export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['{packages,apps,tooling,scripts}/**/*.test.{ts,tsx}'],
          exclude: [...exclude, '**/*.integration.test.ts', '**/*.browser.test.ts'],
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'integration',
          include: ['{packages,apps,scripts}/**/*.integration.test.ts'],
          exclude,
          testTimeout: 60_000,
          hookTimeout: 60_000,
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
