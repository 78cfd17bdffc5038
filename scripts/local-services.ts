// The S3 server and the sound card that tests need, started for one run; whatever the environment names already is used.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './packages/publishable.ts';

/**
 * Starts what this machine can start; tests find it in this process's environment.
 * @returns stops all of it
 */
export async function startLocalServices(): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'bucket-radio-test-'));
  const started: (() => void)[] = [];
  /** Runs `SCRIPT start DIR …` and takes over the NAME=value lines it prints. */
  const start = (script: string, name: string, ...args: readonly string[]): void => {
    const where = join(directory, name);
    const { status, stdout, stderr } = service(script, 'start', where, ...args);
    if (status !== 0) {
      console.error(`${script}: not started: ${stderr.trim().split('\n').at(-1)}`);
      return;
    }
    started.push(() => void service(script, 'stop', where));
    for (const line of stdout.trim().split('\n')) {
      const [variable = '', ...value] = line.split('=');
      process.env[variable] = value.join('=');
    }
  };
  const { S3_ENDPOINT, ALSA_CONFIG_PATH } = process.env;
  if (has('radosgw') && S3_ENDPOINT === undefined) start('ceph-rgw.sh', 's3', await freePort());
  if (has('pulseaudio') && ALSA_CONFIG_PATH === undefined) start('fake-soundcard.sh', 'sound');
  return () => {
    for (const stop of started.toReversed()) stop();
    rmSync(directory, { recursive: true, force: true });
  };
}

function service(script: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync('bash', [join(ROOT, 'scripts/services', script), ...args], { encoding: 'utf8' });
}

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

function freePort(): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(String(typeof address === 'object' ? address?.port : '')));
    });
  });
}
