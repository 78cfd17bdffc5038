import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('the example does what it says, in a directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'example-'));
  const main = join(import.meta.dirname, 'main.ts');
  const env = { PATH: process.env['PATH'], DATA_DIRECTORY: directory };
  const { stdout } = await run(process.execPath, ['--conditions=@bucket-radio/source', main], { env });
  expect(stdout.trim().split('\n')).toEqual([
    'today.txt is 13 bytes of text/plain: hello, bucket',
    'its bytes 7 to 13: bucket',
    'create: somebody was faster, and nothing was lost',
    'the counter, increased by three at the same time: 3',
    '   1  counter',
    '  13  notes/copy.txt',
    '  13  notes/today.txt',
    'one level: notes/',
    'left: 0',
  ]);
  await rm(directory, { recursive: true, force: true });
}, 60_000);
