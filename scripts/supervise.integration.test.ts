import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SUPERVISE = `import { superviseStation } from './scripts/supervise.mjs';
process.exitCode = await superviseStation(process.env, ['--segment-seconds', '1', '--archive', 'off']);`;
/** Starts the launcher as npm does: as a child that is not told when its parent is killed. */
const NPM_STAND_IN = `import { spawn } from 'node:child_process';
spawn(process.execPath, ['--input-type=module', '--eval', ${JSON.stringify(SUPERVISE)}], { stdio: 'inherit' });`;

const directories: string[] = [];
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

interface Launched {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ports: readonly number[];
  /** Resolves with the first match of `pattern` in what was printed. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
}

async function launch(script: string, env: NodeJS.ProcessEnv = {}): Promise<Launched> {
  const directory = mkdtempSync(join(tmpdir(), 'supervise-'));
  directories.push(directory);
  const ports = [await freePort(), await freePort(), await freePort()];
  const [origin, monitor, site] = ports.map(String);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: ROOT,
    env: {
      ...process.env,
      npm_lifecycle_event: 'start',
      RADIO_DATA_DIR: join(directory, 'data'),
      RADIO_ORIGIN_PORT: origin,
      RADIO_MONITOR_PORT: monitor,
      PORT: site,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  let notify = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (data: string) => {
      text += data;
      notify();
    });
  }
  const waitFor = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve) => {
      notify = () => {
        const match = pattern.exec(text);
        if (match !== null) resolve(match);
      };
      notify();
    });
  return { child, output: () => text, ports, waitFor };
}

async function answers(port: number | undefined): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}

const isGone = async ({ ports }: Launched): Promise<boolean> => !(await Promise.all(ports.map(answers))).includes(true);

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends station and site with exit code 0', async (signal) => {
  const launched = await launch(SUPERVISE);
  await launched.waitFor(/on air/);
  await launched.waitFor(/site: http/);
  launched.child.kill(signal);
  expect(await once(launched.child, 'close')).toEqual([0, null]);
  expect(launched.output()).toContain('off air');
  expect(await isGone(launched)).toBe(true);
});

it('SIGTERM to the station ends the site too, with exit code 0', async () => {
  const launched = await launch(SUPERVISE);
  const [, pid] = await launched.waitFor(/station pid (\d+)/);
  process.kill(Number(pid), 'SIGTERM');
  expect(await once(launched.child, 'close')).toEqual([0, null]);
  expect(await isGone(launched)).toBe(true);
});

it.each(['SIGTERM', 'SIGKILL'] as const)('%s to npm leaves no process behind', async (signal) => {
  const launched = await launch(NPM_STAND_IN);
  await launched.waitFor(/on air/);
  await launched.waitFor(/site: http/);
  launched.child.kill(signal);
  await launched.waitFor(/off air/);
  await expect.poll(() => isGone(launched), { timeout: 5000 }).toBe(true);
});

it('a busy site port stops the station with one line that names the variable', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const launched = await launch(SUPERVISE, { PORT: String(port) });
  const [code] = await once(launched.child, 'close');
  server.close();
  expect(code).toBe(1);
  expect(launched.output()).toMatch(new RegExp(`^site: .*${port}.*PORT`, 'm'));
  expect(await isGone({ ...launched, ports: launched.ports.slice(0, 2) })).toBe(true);
});
