import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compareWithPlainBuffer } from './conformance.ts';
import {
  aes256Gcm,
  brotli,
  chacha20Poly1305,
  createHybridBuffer,
  fileSystem,
  gzip,
  type Middleware,
  zstd,
} from './index.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
const count = (atScaleOne: number): number => Math.max(1, Math.round(atScaleOne * SCALE));
/** Long enough for the full scale; nothing here is measured in time. */
const NO_LIMIT_MS = 3_600_000;

const MIDDLEWARE: readonly (readonly [string, readonly Middleware[]])[] = [
  ['none', []],
  ['zstd', [zstd()]],
  ['gzip', [gzip()]],
  ['brotli', [brotli()]],
  ['aes-256-gcm', [aes256Gcm()]],
  ['chacha20-poly1305', [chacha20Poly1305({ key: new Uint8Array(32).fill(7) })]],
  ['zstd, then aes-256-gcm', [zstd(), aes256Gcm()]],
  ['gzip, brotli, chacha20-poly1305 and aes-256-gcm', [gzip(), brotli(), chacha20Poly1305(), aes256Gcm()]],
];

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hybrid-buffer-model-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

it.each(MIDDLEWARE)(
  `a hybrid buffer on files is a plain array, with middleware: %s (${count(10)} sequences)`,
  { timeout: NO_LIMIT_MS },
  async (name, middleware) => {
    const result = await compareWithPlainBuffer({
      seed: SEED,
      sequences: count(10),
      concurrency: 4,
      create: (options) => createHybridBuffer({ ...options, storage: fileSystem({ dir: directory }), middleware }),
    });
    process.stdout.write(`hybrid-buffer on files, ${name}: ${JSON.stringify(result)}\n`);
    expect(result.stored).toBeGreaterThan(0);
    expect(await readdir(directory)).toEqual([]);
  },
);
