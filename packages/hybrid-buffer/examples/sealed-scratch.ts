import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chacha20Poly1305, createHybridBuffer, fileSystem, isHybridBufferError } from '@bucket-radio/hybrid-buffer';

/** Scratch space that nobody else can read or change: what happens when somebody tries. */
const dir = join(tmpdir(), `sealed-scratch-${randomBytes(4).toString('hex')}`);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

try {
  await using buffer = createHybridBuffer({
    threshold: 0,
    storage: fileSystem({ dir }),
    middleware: [chacha20Poly1305()],
  });
  await buffer.write('the secret of the house '.repeat(50_000));
  const [name = ''] = await readdir(dir);
  const stored = await readFile(join(dir, name));
  say(`on disk: ${stored.length} bytes, "secret" ${stored.includes('secret') ? 'can' : 'cannot'} be found in them`);

  stored[300_000] = (stored[300_000] ?? 0) ^ 1;
  await writeFile(join(dir, name), stored);
  say(`the first frame still opens: ${(await buffer.readRange(0, 10)).length} bytes`);
  await buffer.readRange(270_000, 280_000).catch((error: unknown) => {
    say(`the second does not: ${isHybridBufferError(error) ? error.code : error}`);
  });
} finally {
  await rm(dir, { recursive: true, force: true });
}
