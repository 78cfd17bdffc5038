import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const execute = promisify(execFile);
const README = readFileSync(new URL('README.md', import.meta.url), 'utf8');
const MAIN = fileURLToPath(new URL('../../apps/radio-server/src/main.ts', import.meta.url));
const ROOT_USER = process.getuid?.() === 0;

/** The command in the README that starts with this program, as a shell would split it. */
function documented(program: string): readonly string[] {
  const line = README.split('\n').find((one) => one.startsWith(`${program} `));
  if (line === undefined) throw new Error(`the README has no command ${program}`);
  return line.split(' ');
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return String(port);
}

describe.skipIf(!serviceOrSkip('ffmpeg').available)('a station in other players', () => {
  let station: ChildProcess;
  let origin = '';
  const directory = mkdtempSync(join(tmpdir(), 'listen-'));
  const heard = (name: string): string => join(directory, name);

  beforeAll(async () => {
    chmodSync(directory, 0o777);
    origin = await freePort();
    station = spawn(process.execPath, ['--conditions=@bucket-radio/source', MAIN, 'start', '--segment-seconds', '1'], {
      cwd: directory,
      env: { ...process.env, RADIO_ORIGIN_PORT: origin, RADIO_MONITOR_PORT: await freePort(), RADIO_ARCHIVE: 'off' },
      stdio: 'ignore',
    });
    const published = async (): Promise<void> => {
      const response = await fetch(`http://127.0.0.1:${origin}/radio/live/manifest.json`);
      const { latest } = (await response.json()) as { readonly latest: number };
      if (latest < 4) throw new Error(`${latest} is the newest segment`);
    };
    await vi.waitFor(published, { timeout: 60_000, interval: 500 });
  }, 90_000);

  afterAll(async () => {
    station.kill('SIGKILL');
    await once(station, 'close');
    rmSync(directory, { recursive: true, force: true });
  });

  /** @returns the command's URL with this station's port; its own arguments otherwise */
  const here = (word: string): string => word.replace('localhost:9000', `127.0.0.1:${origin}`);

  function expectSound(path: string): void {
    const samples = readFileSync(path).subarray(44);
    expect(samples.length).toBeGreaterThan(48_000 * 2);
    expect(samples.filter((byte) => byte !== 0).length).toBeGreaterThan(samples.length / 4);
  }

  it('ffmpeg writes a file', async () => {
    const [program = '', ...args] = documented('ffmpeg').map(here);
    const end = args.indexOf('10');
    expect(args.at(-1)).toBe('listen.wav');
    await execute(program, [...args.slice(0, end), '2', '-y', heard('ffmpeg.wav')]);
    expectSound(heard('ffmpeg.wav'));
  });

  it.skipIf(!serviceOrSkip('mpv').available)('mpv plays', async () => {
    const [program = '', ...args] = documented('mpv').map(here);
    const quietly = ['--no-config', '--really-quiet', '--ao=pcm', `--ao-pcm-file=${heard('mpv.wav')}`, '--length=2'];
    await execute(program, [...args, ...quietly]);
    expectSound(heard('mpv.wav'));
  });

  it.skipIf(!serviceOrSkip('vlc').available)('VLC plays', async () => {
    const command = documented('cvlc').map(here);
    const output = ['--aout=afile', `--audiofile-file=${heard('vlc.wav')}`];
    const vlc = [...command, '--no-video', '--quiet', ...output, '--run-time=8', 'vlc://quit'];
    // VLC does not start for root.
    const [program = '', ...args] = ROOT_USER ? ['setpriv', '--reuid=65534', '--clear-groups', ...vlc] : vlc;
    await execute(program, args, { env: { ...process.env, HOME: directory, XDG_RUNTIME_DIR: directory } });
    expectSound(heard('vlc.wav'));
  });
});
