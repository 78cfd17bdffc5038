import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = async (name: string): Promise<string> => {
  const script = fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
  return (await promisify(execFile)(process.execPath, ['--conditions=@bucket-radio/source', script])).stdout;
};

it('the example of a server takes small uploads in memory and large ones on disk', { timeout: 60_000 }, async () => {
  expect(await run('upload-then-parse.ts')).toBe(
    'small: 2 lines, 14 bytes, in memory\nlarge: 100000 lines, 4200006 bytes, on disk\nthe first line is to be a title\n',
  );
});

it('the example of sealed scratch space finds out who changed it', { timeout: 60_000 }, async () => {
  expect(await run('sealed-scratch.ts')).toBe(
    'on disk: 1048640 bytes, "secret" cannot be found in them\nthe first frame still opens: 10 bytes\nthe second does not: Tampered\n',
  );
});
