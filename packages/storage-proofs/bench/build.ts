import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Builds what is measured: sources whose types are stripped at run time take 30 MiB that no user's program takes. */
export function buildPackages(...names: readonly string[]): void {
  const { status, stdout } = spawnSync('pnpm', ['turbo', 'build', ...names.map((name) => `--filter=${name}`)], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`what is to be measured does not build: ${stdout}`);
}
