// The Node and pnpm that this project runs on. Works on Node 20, with nothing installed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const MIN_NODE_MAJOR = 24;
const NODE_VERSION = '24.21.0';
const PNPM_VERSION = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).packageManager.split('@')[1];
const TOOLCHAIN = join(ROOT, '.toolchain');
const STAMP = join(TOOLCHAIN, 'complete');
const VERSIONS = `node@${NODE_VERSION} pnpm@${PNPM_VERSION}`;

/** A problem the person can mend; printed without a stack. */
export class LaunchError extends Error {}

function major(version) {
  return Number(version.replace(/^v/, '').split('.')[0]);
}

function pnpmOnPath() {
  const { status, stdout } = spawnSync('pnpm', ['--version'], { encoding: 'utf8', cwd: ROOT });
  return status === 0 && major(stdout.trim()) === major(PNPM_VERSION);
}

/**
 * An environment whose PATH starts with a fitting Node and pnpm: the person's own when they fit, otherwise
 * both from npm, into `.toolchain/`, once.
 */
export function toolchainEnv() {
  if (major(process.version) >= MIN_NODE_MAJOR && pnpmOnPath()) return process.env;
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== VERSIONS) installToolchain();
  const bin = join(TOOLCHAIN, 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  // Native add-ons build against the headers of the Node that will run them; its package brings them.
  env.npm_config_nodedir = nodeHeaders() ?? process.env.npm_config_nodedir;
  if (env.npm_config_nodedir === undefined) delete env.npm_config_nodedir;
  return env;
}

function nodeHeaders() {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const candidates = [
    join(TOOLCHAIN, 'node_modules', 'node', 'node_modules', name),
    join(TOOLCHAIN, 'node_modules', name),
  ];
  return candidates.find((directory) => existsSync(join(directory, 'include', 'node', 'node.h')));
}

function installToolchain() {
  console.error(`Getting Node ${NODE_VERSION} and pnpm ${PNPM_VERSION} from npm (once) …`);
  const staging = `${TOOLCHAIN}.new`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  writeFileSync(join(staging, 'package.json'), '{ "private": true }\n');
  const specs = VERSIONS.split(' ');
  const { status, error } = spawnSync(
    'npm',
    ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error', ...specs],
    {
      cwd: staging,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  if (status !== 0)
    throw new LaunchError(
      `npm could not install ${VERSIONS}${error ? `: ${error.message}` : ''}; see above, then try again`,
    );
  writeFileSync(join(staging, 'complete'), VERSIONS);
  rmSync(TOOLCHAIN, { recursive: true, force: true });
  renameSync(staging, TOOLCHAIN);
}

/** Installs the workspace when the lockfile is not the one installed last. Native add-ons are not built here. */
export function installWorkspace(env) {
  const lock = join(ROOT, 'pnpm-lock.yaml');
  const stamp = join(ROOT, 'node_modules', '.installed-lockfile');
  const wanted = readFileSync(lock, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('Installing packages …');
  const { status } = spawnSync(
    'pnpm',
    ['install', '--frozen-lockfile', '--ignore-scripts', '--reporter=append-only', '--loglevel=warn'],
    {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  if (status !== 0) throw new LaunchError('pnpm install failed; see above, then try again');
  writeFileSync(stamp, wanted);
}

/** Runs a program to its end, with its output shown. @returns its exit code */
export function run(command, args, env) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, env, stdio: 'inherit' });
  if (error) throw new LaunchError(`${command}: ${error.message}`);
  return status ?? 1;
}
