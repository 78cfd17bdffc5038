import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createFileStore } from '@bucket-radio/object-store';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addStorageCommands } from './storage.ts';
import { progressLine } from './storage-upload.ts';

let directory: string;
let printed: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'storage-cli-'));
  printed = '';
  for (const name of ['R2_ENDPOINT', 'R2_BUCKET', 'R2_ACCESS_KEY', 'R2_SECRET_KEY']) vi.stubEnv(name, '');
  vi.stubEnv('RADIO_DATA_DIR', directory);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

async function radio(...args: string[]): Promise<string> {
  printed = '';
  const program = new Command('radio').exitOverride();
  addStorageCommands(program);
  await program.parseAsync(args, { from: 'user' });
  return printed;
}

describe('radio upload, copy and ls', () => {
  it('upload a file, copy it and list both in the embedded bucket', async () => {
    const file = join(directory, 'song.flac');
    await writeFile(file, new Uint8Array(6_000_000).fill(7));
    expect(await radio('upload', file, '--to', 'music/song.flac', '--verify')).toBe(
      'music/song.flac: 5.7 MiB uploaded, read back\n',
    );
    expect(await radio('copy', 'music/song.flac', 'copy.flac')).toBe('copy.flac: 5.7 MiB copied\n');
    expect((await readFile(join(directory, 'bucket/copy.flac'))).equals(await readFile(file))).toBe(true);
    const level = await radio('ls');
    expect(level).toMatch(/^ {37}music\/\n\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ +6000000 {2}copy\.flac\n$/);
    expect((await radio('ls', '--recursive', 'music/')).endsWith('6000000  music/song.flac\n')).toBe(true);
  });

  it('several files go below the key as a prefix', async () => {
    const files = ['a.txt', 'b.txt'].map((name) => join(directory, name));
    for (const file of files) await writeFile(file, file);
    await radio('upload', ...files, '--to', 'texts');
    expect((await radio('ls', 'texts/')).match(/texts\/[ab]\.txt/g)).toEqual(['texts/a.txt', 'texts/b.txt']);
  });

  it('an existing object is kept with --create', async () => {
    const file = join(directory, 'a.txt');
    await writeFile(file, 'one');
    await radio('upload', file, '--to', 'a.txt');
    await expect(radio('upload', file, '--to', 'a.txt', '--create')).rejects.toMatchObject({ code: 'AlreadyExists' });
  });

  it('what comes in on standard input is stored under the whole key', async () => {
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([new Uint8Array(7_000_000)]) as never);
    expect(await radio('upload', '-', '--to', 'from/a/pipe.bin')).toBe('from/a/pipe.bin: 6.7 MiB uploaded\n');
    await expect(radio('upload', '-', '--to', 'from/')).rejects.toMatchObject({ code: 'InvalidOption' });
  });

  it('sweep removes what an interrupted upload left, once it is old enough', async () => {
    const store = createFileStore({ directory: join(directory, 'bucket') });
    await store.createMultipart('left/behind.flac');
    expect(await radio('sweep', '--prefix', 'left/')).toBe('0 removed\n');
    expect(await radio('sweep', '--older-than', '0')).toBe('0 removed\n');
    expect(await radio('sweep', '--older-than', '0', '--prefix', 'left/')).toBe(
      'left/behind.flac: unfinished upload removed\n1 removed\n',
    );
  });

  it('as a program of its own, a mistake is one line and exit code 1', async () => {
    const main = join(import.meta.dirname, '../main.ts');
    const args = ['--conditions=@bucket-radio/source', main, 'upload', join(directory, 'none'), '--to', 'x'];
    const env = { PATH: process.env['PATH'], RADIO_DATA_DIR: directory };
    await mkdir(join(directory, 'bucket'));
    await expect(promisify(execFile)(process.execPath, args, { env, cwd: directory })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^radio: there is no file .*none\n$/),
    });
  }, 60_000);

  it('the progress line has bar, share, sizes, rate and time to go', () => {
    const progress = {
      bytes: 52 * 1024 ** 2,
      total: 100 * 1024 ** 2,
      parts: 10,
      rate: 6 * 1024 ** 2,
      eta: 8,
      paused: false,
    };
    expect(progressLine('x', progress)).toBe('x  [##########----------] 52 %  52.0 MiB of 100.0 MiB, 6.0 MiB/s, 8 s');
  });
});
