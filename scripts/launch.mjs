// `npm start`, `npm test`, `npm run setup:native`, `npm run with -- COMMAND`: brings what is missing, then runs it. Works on Node 20.
import { join } from 'node:path';
import { buildNative } from './native.mjs';
import { superviseStation } from './supervise.mjs';
import { installWorkspace, LaunchError, ROOT, run, toolchainEnv } from './toolchain.mjs';

const [command = 'start', ...rest] = process.argv.slice(2);

const RADIO_ENV = {
  // Sources compiled once: the second time a command starts in half the time and takes 25 MB less.
  NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'radio'),
  // Segments that are gone are given back at once: docs/decisions/0018-what-the-pipeline-costs.md.
  MALLOC_MMAP_THRESHOLD_: '131072',
};

const COMMANDS = {
  start: (env) => superviseStation({ ...RADIO_ENV, ...env }, rest),
  radio: (env) =>
    run('node', ['--conditions=@bucket-radio/source', 'apps/radio-server/src/main.ts', ...rest], {
      ...RADIO_ENV,
      ...env,
    }),
  test: (env) => run('node', ['scripts/test.mjs', ...rest], env),
  native: (env) => buildNative(env),
  /** Anything else, on the project's Node and pnpm: `npm run with -- pnpm lint`. */
  with: (env) => run(rest[0] ?? 'node', rest.slice(1), env),
};

try {
  const action = COMMANDS[command];
  if (action === undefined)
    throw new LaunchError(`unknown command ${command}: use ${Object.keys(COMMANDS).join(', ')}`);
  const env = toolchainEnv();
  installWorkspace(env);
  process.exitCode = await action(env);
} catch (error) {
  if (!(error instanceof LaunchError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
