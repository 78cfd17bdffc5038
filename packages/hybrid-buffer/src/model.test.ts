import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type FullObjectStore, type ObjectStore } from '@bucket-radio/object-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareWithPlainBuffer } from './conformance.ts';
import {
  aes256Gcm,
  brotli,
  chacha20Poly1305,
  createHybridBuffer,
  fileSystem,
  gzip,
  type Middleware,
  memory,
  objectStore,
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

describe('a hybrid buffer is a plain array', () => {
  it(`in memory, over ${count(500)} random sequences of operations`, { timeout: NO_LIMIT_MS }, async () => {
    const result = await compareWithPlainBuffer({
      seed: SEED,
      sequences: count(500),
      create: (options) => createHybridBuffer({ ...options, storage: memory() }),
    });
    expect(result.sequences).toBe(count(500));
    // Otherwise nothing but the array in memory would have been compared.
    expect(result.stored).toBeGreaterThan(result.sequences / 3);
  });

  it.each(MIDDLEWARE)(
    `on files with middleware: %s (${count(10)} sequences)`,
    { timeout: NO_LIMIT_MS },
    async (_, middleware) => {
      const result = await compareWithPlainBuffer({
        seed: SEED,
        sequences: count(10),
        create: (options) => createHybridBuffer({ ...options, storage: fileSystem({ dir: directory }), middleware }),
        afterEach: async () => expect(await readdir(directory)).toEqual([]),
      });
      expect(result.stored).toBeGreaterThan(0);
    },
  );

  const stores: readonly (readonly [string, () => ObjectStore & Pick<FullObjectStore, 'listMultiparts'>])[] = [
    ['a store with multipart uploads', createMemoryStore],
    ['a store that only puts', plainStore],
  ];
  it.each(stores)(`on %s (${count(10)} sequences)`, { timeout: NO_LIMIT_MS }, async (_, createStore) => {
    const store = createStore();
    const result = await compareWithPlainBuffer({
      seed: SEED,
      sequences: count(10),
      create: (options) => createHybridBuffer({ ...options, storage: objectStore(store), middleware: [zstd()] }),
      async afterEach() {
        for await (const { key } of store.list()) expect(key).toBe('removed');
        for await (const { key } of store.listMultiparts()) expect(key).toBe('removed');
      },
    });
    expect(result.stored).toBeGreaterThan(0);
  });

  it('and a storage that loses a byte is found out, with the shortest sequence that shows it', async () => {
    const lossy = () => {
      const backend = memory()();
      const readInto = backend.readInto.bind(backend);
      backend.readInto = async (position, target) => {
        await readInto(position, target);
        if (target.length > 100) target[100] = (target[100] ?? 0) ^ 1;
      };
      return backend;
    };
    const create = (options: object) => createHybridBuffer({ ...options, storage: lossy });
    await expect(compareWithPlainBuffer({ seed: SEED, sequences: 50, create })).rejects.toThrow(/^sequence \d+ with/);
  });
});

/** The five methods and no more; and a way to see that nothing else was used. */
function plainStore(): ObjectStore & Pick<FullObjectStore, 'listMultiparts'> {
  const { name, put, get, head, delete: remove, list, listMultiparts } = createMemoryStore();
  return { name, put, get, head, delete: remove, list, listMultiparts };
}
