import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { finished } from 'node:stream/promises';
import { afterEach, expect, test } from 'vitest';

const MAIN = new URL('./main.ts', import.meta.url).pathname;
const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--conditions=@bucket-radio/source', MAIN], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.add(child);
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('no pipes');
  let output = '';
  const ready = new Promise<void>((resolve) => {
    stdout.on('data', (data) => {
      output += data;
      if (output.includes('site: http')) resolve();
    });
  });
  stderr.on('data', (data) => {
    output += data;
  });
  // Not 'close': Node does not emit it after `disconnect()`.
  const ended = Promise.all([once(child, 'exit'), finished(stdout), finished(stderr)]).then(([[code]]) => {
    running.delete(child);
    return { code: code as number | null, output };
  });
  return { child, ready, ended };
}

test.each(['SIGTERM', 'SIGINT', 'disconnect'] as const)(
  'the site starts, answers, and ends with 0 on %s',
  async (how) => {
    const port = await freePort();
    const { child, ready, ended } = start({ PORT: String(port), RADIO_ORIGIN_PORT: String(await freePort()) });
    await ready;
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/api/manifest`)).status).toBe(503);
    const player = await fetch(`http://127.0.0.1:${port}/player/radio-player.js`);
    expect(player.headers.get('content-type')).toMatch(/javascript/);
    expect((await player.arrayBuffer()).byteLength).toBeGreaterThan(1000);
    if (how === 'disconnect') child.disconnect();
    else child.kill(how);
    expect(await ended).toEqual({ code: 0, output: `site: http://localhost:${port}\n` });
  },
);

test('a port in use is one line that names the variable, and exit 1', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as { port: number };
  const { ended } = start({ PORT: String(port) });
  expect(await ended).toEqual({
    code: 1,
    output: `site: the listener site: 127.0.0.1:${port} is in use by another program; set PORT to another\n`,
  });
  blocker.close();
});

test('wrong settings are one line each, and exit 1', async () => {
  const { ended } = start({ PORT: 'x', R2_PUBLIC_URL: 'nowhere' });
  const { code, output } = await ended;
  expect(code).toBe(1);
  expect(output.trim().split('\n')).toEqual([
    'site: PORT is "x": use a port from 1 to 65535',
    expect.stringMatching(/^site: R2_PUBLIC_URL is "nowhere": use the http/),
  ]);
});
