import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRandom } from './conformance/operations.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const KILLS = Math.max(1, Math.round(Number(process.env['PROVE_SCALE'] ?? 1) / 4));
const CHILD = fileURLToPath(new URL('../test/crash-child.ts', import.meta.url));
const LINE = 'this is the plaintext that nobody may find: 0123456789 ABCDEFGH\n';
/** Any eight bytes of the plaintext that follow each other are one of these. */
const PIECES = Array.from(LINE, (_, at) => (LINE + LINE).slice(at, at + 8));

let directory: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hybrid-buffer-crash-'));
});

afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** The same until it left something: just after a reset there is no file. */
async function crashWithFile(middleware: string, key: string, steps: () => number): Promise<Buffer> {
  for (;;) {
    const left = await crash(middleware, key, steps());
    if (left.length > 0) return left;
  }
}

/** Kills a process that fills a buffer, some steps after it moved to storage. @returns all that it left on disk */
async function crash(middleware: string, key: string, steps: number): Promise<Buffer> {
  child = spawn(process.execPath, ['--conditions=@bucket-radio/source', CHILD, middleware, LINE, key], {
    env: { ...process.env, TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  let stored = 0;
  if (child.stdout === null) throw new Error('the child has no output');
  for await (const progress of child.stdout) {
    stored += String(progress).replaceAll('m', '').length;
    // Nobody reads on after it, so that it does not end by a broken pipe instead.
    if (stored >= steps && child.kill('SIGKILL')) break;
  }
  expect((await exit)[1]).toBe('SIGKILL');
  const names = await readdir(directory, { recursive: true });
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(directory, name)))));
}

it.each(['aes', 'chacha', 'zstd-aes'])(
  `a process killed while it fills an encrypted buffer leaves no plaintext and no key: %s, ${KILLS} kills`,
  {
    timeout: 3_600_000,
  },
  async (middleware) => {
    const random = createRandom(SEED);
    for (let kill = 0; kill < KILLS; kill++) {
      const key = randomBytes(32).toString('hex');
      const left = await crashWithFile(middleware, key, () => 1 + Math.floor(random() * 200));
      expect(PIECES.filter((piece) => left.includes(piece))).toEqual([]);
      expect(left.includes(Buffer.from(key, 'hex')) || left.includes(key)).toBe(false);
      await rm(directory, { recursive: true });
      directory = await mkdtemp(join(tmpdir(), 'hybrid-buffer-crash-'));
    }
  },
);

it('a process killed while it fills a buffer without encryption leaves all of it, which the search finds', {
  timeout: 60_000,
}, async () => {
  const left = await crashWithFile('none', '', () => 5);
  expect(PIECES.filter((piece) => left.includes(piece))).toHaveLength(PIECES.length);
});
