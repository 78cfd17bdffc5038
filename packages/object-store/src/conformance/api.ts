import { isObjectStoreError, type ObjectStoreErrorCode } from '../error.ts';
import type { FullObjectStore } from '../full.ts';
import type { ObjectStore } from '../types.ts';

/** The part of an assertion that the suite uses. */
export interface Expectation {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
}

/** The part of a test runner that the suite uses; vitest's and jest's fit. */
export interface TestApi {
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>, timeoutMs: number): unknown;
  expect(actual: unknown): Expectation;
}

export interface TestStore {
  readonly store: ObjectStore;
  readonly cleanup?: () => Promise<void>;
}

export type CreateStore = () => Promise<TestStore>;

export interface FullTestStore extends TestStore {
  readonly store: FullObjectStore;
}

export type CreateFullStore = () => Promise<FullTestStore>;

/** What a file of the suite declares its cases with. */
export interface ConformanceContext<Store = ObjectStore> {
  readonly expect: TestApi['expect'];
  /** One promise of the contract, with a store of its own. */
  promise(title: string, body: (store: Store) => Promise<void>): void;
}

/** `size` bytes that differ from those of any other `seed` and from their neighbours. */
export function sampleBytes(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed * 2_654_435_761 + 12_345;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export async function readText(store: ObjectStore, key: string): Promise<string> {
  return (await store.get(key)).text();
}

/** The code that a call fails with; `resolved` or a description for anything the contract does not allow. */
export async function outcome(call: Promise<unknown>): Promise<ObjectStoreErrorCode | string> {
  try {
    await call;
    return 'resolved';
  } catch (error) {
    return isObjectStoreError(error) ? error.code : `not an ObjectStoreError: ${String(error)}`;
  }
}

export async function listKeys(store: ObjectStore, prefix?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix === undefined ? {} : { prefix })) keys.push(key);
  return keys;
}

/** Runs `work` for every item, `width` at a time. */
export async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

export async function readBytes(store: ObjectStore, key: string): Promise<Uint8Array> {
  return (await store.get(key)).bytes();
}

/** Whether two arrays hold the same; a runner's own comparison of millions of bytes takes seconds. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
