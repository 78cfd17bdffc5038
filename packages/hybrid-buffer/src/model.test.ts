import { createMemoryStore, type FullObjectStore, type ObjectStore } from '@bucket-radio/object-store';
import { describe, expect, it } from 'vitest';
import { type ComparisonResult, compareWithPlainBuffer } from './conformance.ts';
import { createHybridBuffer, memory, objectStore, zstd } from './index.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
const count = (atScaleOne: number): number => Math.max(1, Math.round(atScaleOne * SCALE));
/** Long enough for the full scale; nothing here is measured in time. */
const NO_LIMIT_MS = 3_600_000;

describe('a hybrid buffer is a plain array', () => {
  it(`in memory, over ${count(500)} random sequences of operations`, { timeout: NO_LIMIT_MS }, async () => {
    const result = await compareWithPlainBuffer({
      seed: SEED,
      sequences: count(500),
      create: (options) => createHybridBuffer({ ...options, storage: memory() }),
    });
    tell('memory', result);
    expect(result.sequences).toBe(count(500));
    // Otherwise nothing but the array in memory would have been compared.
    expect(result.stored).toBeGreaterThan(result.sequences / 3);
  });

  const stores: readonly (readonly [string, () => ObjectStore & Pick<FullObjectStore, 'listMultiparts'>])[] = [
    ['a store with multipart uploads', createMemoryStore],
    ['a store that only puts', plainStore],
  ];
  it.each(stores)(`on %s (${count(4)} sequences)`, { timeout: NO_LIMIT_MS }, async (name, createStore) => {
    const store = createStore();
    const result = await compareWithPlainBuffer({
      seed: SEED,
      sequences: count(4),
      create: (options) => createHybridBuffer({ ...options, storage: objectStore(store), middleware: [zstd()] }),
      async afterEach() {
        for await (const { key } of store.list()) expect(key).toBe('removed');
        for await (const { key } of store.listMultiparts()) expect(key).toBe('removed');
      },
    });
    tell(name, result);
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

/** What was compared, as the line that its record in docs/measurements is written from. */
function tell(what: string, result: ComparisonResult): void {
  process.stdout.write(`hybrid-buffer on ${what}: ${JSON.stringify(result)}\n`);
}
