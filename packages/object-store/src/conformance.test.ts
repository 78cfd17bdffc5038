import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FullTestStore, fullObjectStoreConformance } from './conformance.ts';
import { createFileStore } from './file/store.ts';
import type { FullObjectStore } from './full.ts';
import { createMemoryStore } from './memory.ts';
import { withPrefix } from './prefix.ts';
import { withFaults } from './wrappers/faults.ts';
import { withLimit } from './wrappers/limit.ts';
import { withMetrics } from './wrappers/metrics.ts';
import { withRetry } from './wrappers/retry.ts';
import { withTimeout } from './wrappers/timeout.ts';

const api = { describe, it, expect };

async function fileStore(): Promise<FullTestStore> {
  const parent = await mkdtemp(join(tmpdir(), 'object-store-'));
  return {
    store: createFileStore({ directory: join(parent, 'bucket') }),
    cleanup: () => rm(parent, { recursive: true, force: true }),
  };
}

fullObjectStoreConformance('memory store', async () => ({ store: createMemoryStore() }), api);
fullObjectStoreConformance('file store', fileStore, api);
fullObjectStoreConformance(
  'memory store with a prefix',
  async () => ({ store: withPrefix(createMemoryStore(), 'a/b') }),
  api,
);
fullObjectStoreConformance(
  'file store with a prefix',
  async () => {
    const { store, cleanup } = await fileStore();
    return { store: withPrefix(store, 'radio'), ...(cleanup === undefined ? {} : { cleanup }) };
  },
  api,
);

const wrappers: [string, (store: FullObjectStore) => FullObjectStore][] = [
  ['withRetry', (store) => withRetry(store)],
  ['withLimit', (store) => withLimit(store, 2)],
  ['withTimeout', (store) => withTimeout(store, 60_000)],
  ['withMetrics', (store) => withMetrics(store, { onCall: () => {} })],
  ['withFaults of rate 0', (store) => withFaults(store, { seed: 1, rate: 0 })],
  [
    'all of them',
    (store) => withMetrics(withTimeout(withLimit(withRetry(withPrefix(store, 'p')), 3), 60_000), { onCall: () => {} }),
  ],
];
for (const [name, wrap] of wrappers) {
  fullObjectStoreConformance(`memory store ${name}`, async () => ({ store: wrap(createMemoryStore()) }), api);
}
fullObjectStoreConformance(
  'memory store with faults, retried',
  async () => {
    const faulty = withFaults(createMemoryStore(), { seed: 7, rate: 0.2, lostReplyRate: 0 });
    return { store: withRetry(faulty, { maxAttempts: 30, sleep: async () => {} }) };
  },
  api,
);
