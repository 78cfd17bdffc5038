import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { serviceManager } from './service-manager.ts';
import { StationRunner } from './testing/station-process.ts';

/** systemd's end of the socket: prints a line for each message; closes the descriptor that a sender waits for. */
const RECEIVER = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True:
    data, fds, flags, address = socket.recv_fds(s, 4096, 4)
    for fd in fds:
        os.close(fd)
    print(data.decode().strip().replace("\\n", " "), flush=True)
`;

const runner = new StationRunner();
const receivers: ChildProcess[] = [];
const directories: string[] = [];
afterEach(async () => {
  await runner.cleanUp();
  for (const receiver of receivers.splice(0)) receiver.kill('SIGKILL');
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

async function receive(): Promise<{ readonly socket: string; readonly messages: () => readonly string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'notify-'));
  directories.push(directory);
  const socket = join(directory, 'socket');
  const child = spawn('python3', ['-c', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  receivers.push(child);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    text += data;
  });
  await expect.poll(() => text, { timeout: 30_000 }).toContain('bound');
  return { socket, messages: () => text.split('\n').filter((line) => line !== '' && line !== 'bound') };
}

describe.skipIf(!serviceOrSkip('systemd').available)('under systemd', () => {
  it('the station says when it is on air, that it is alive, and that it stops', async () => {
    const { socket, messages } = await receive();
    const environment = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '900000' };
    const station = await runner.run(['start', '--segment-seconds', '1', '--archive', 'off'], environment);
    await station.waitFor('on air');
    await expect.poll(messages, { timeout: 60_000 }).toContain('READY=1 STATUS=On air: bucket-radio');
    await expect
      .poll(() => messages().filter((line) => line === 'WATCHDOG=1').length, { timeout: 60_000 })
      .toBeGreaterThan(2);
    station.kill('SIGTERM');
    expect((await station.ended).code).toBe(0);
    await expect.poll(messages, { timeout: 60_000 }).toContain('STOPPING=1 STATUS=Stopping');
    expect(messages().indexOf('READY=1 STATUS=On air: bucket-radio')).toBeLessThan(messages().indexOf('WATCHDOG=1'));
  });

  it('a heartbeat that is meant for another process is left to that one', async () => {
    const { socket, messages } = await receive();
    const env = { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '3000', WATCHDOG_PID: '1' };
    const manager = serviceManager({ env, pid: process.pid, onProblem: () => undefined });
    manager.ready('x');
    manager.stopping();
    await expect.poll(() => messages().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
    expect(messages()).not.toContain('WATCHDOG=1');
    expect(env).not.toHaveProperty('NOTIFY_SOCKET');
    manager.close();
  });
});

it('without a service manager nothing is started', () => {
  const manager = serviceManager({ env: { PATH: '/nowhere' }, pid: 1, onProblem: expect.unreachable });
  manager.ready('x');
  manager.stopping();
  manager.close();
});

it('a missing systemd-notify is told once, and ends nothing', async () => {
  const problems: string[] = [];
  const env = { PATH: '/nowhere', NOTIFY_SOCKET: '/nowhere/socket' };
  const manager = serviceManager({ env, pid: 1, onProblem: (message) => problems.push(message) });
  manager.ready('x');
  manager.stopping();
  await expect.poll(() => problems.length, { timeout: 30_000 }).toBe(1);
  expect(problems[0]).toBe('systemd was not told READY=1: systemd-notify cannot be started (ENOENT)');
});
