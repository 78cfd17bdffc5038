import { testAborting } from './conformance/aborting.ts';
import type { ConformanceContext, CreateFullStore, CreateStore, TestApi } from './conformance/api.ts';
import { testChecksums } from './conformance/checksums.ts';
import { testConditions } from './conformance/conditions.ts';
import { testCopies } from './conformance/copies.ts';
import { testDeadlines } from './conformance/deadlines.ts';
import { testDeletes } from './conformance/deletes.ts';
import { testGets } from './conformance/gets.ts';
import { testKeys } from './conformance/keys.ts';
import { testLists } from './conformance/lists.ts';
import { testMany } from './conformance/many.ts';
import { testMultipart } from './conformance/multipart.ts';
import { testPuts } from './conformance/puts.ts';
import type { FullObjectStore } from './full.ts';
import type { ObjectStore } from './types.ts';

/** Generous: a slow disk or a distant server is no failure. */
const CASE_TIMEOUT_MS = 60_000;

export type {
  CreateFullStore,
  CreateStore,
  Expectation,
  FullTestStore,
  TestApi,
  TestStore,
} from './conformance/api.ts';

/** Titles of promises that a store does not keep, each with the reason. */
export type Deviations = Readonly<Record<string, string>>;

export interface ConformanceOptions {
  /**
   * The cases of these promises must fail, and say why in their title: a deviation that is no longer one, or that names
   * no promise, fails the suite.
   */
  readonly deviations?: Deviations;
}

/**
 * Declares one test per promise of the {@link ObjectStore} contract.
 *
 * ```ts
 * import { describe, expect, it } from 'vitest';
 * objectStoreConformance('my store', async () => ({ store: createMyStore() }), { describe, it, expect });
 * ```
 *
 * @param name what the group of tests is called
 * @param createStore called for every test; the store must be empty
 * @param api the test runner's functions: the suite depends on none itself
 */
export function objectStoreConformance(
  name: string,
  createStore: CreateStore,
  api: TestApi,
  options: ConformanceOptions = {},
): void {
  declareAll({ name, createStore, api, options, groups: CORE_GROUPS });
}

/** The same for {@link FullObjectStore}: its promises after those of the core. */
export function fullObjectStoreConformance(
  name: string,
  createStore: CreateFullStore,
  api: TestApi,
  options: ConformanceOptions = {},
): void {
  declareAll({ name, createStore, api, options, groups: [...CORE_GROUPS, ...FULL_GROUPS] });
}

/** Every promise and the file that holds its case, in order: for the table in the package's documentation. */
export function listPromises(): { readonly part: 'core' | 'full'; readonly file: string; readonly promise: string }[] {
  const promises: { readonly part: 'core' | 'full'; readonly file: string; readonly promise: string }[] = [];
  const expect = (): never => {
    throw new Error('nothing is run');
  };
  const collect = (part: 'core' | 'full', groups: readonly Group<never>[]): void => {
    for (const { file, declare } of groups) {
      declare({ expect, promise: (promise) => promises.push({ part, file, promise }) });
    }
  };
  collect('core', CORE_GROUPS as readonly Group<never>[]);
  collect('full', FULL_GROUPS as readonly Group<never>[]);
  return promises;
}

interface Group<Store> {
  readonly file: string;
  readonly declare: (context: ConformanceContext<Store>) => void;
}

const CORE_GROUPS: readonly Group<ObjectStore>[] = [
  { file: 'puts.ts', declare: testPuts },
  { file: 'gets.ts', declare: testGets },
  { file: 'conditions.ts', declare: testConditions },
  { file: 'deletes.ts', declare: testDeletes },
  { file: 'lists.ts', declare: testLists },
  { file: 'keys.ts', declare: testKeys },
  { file: 'aborting.ts', declare: testAborting },
  { file: 'deadlines.ts', declare: testDeadlines },
  { file: 'checksums.ts', declare: testChecksums },
];

const FULL_GROUPS: readonly Group<FullObjectStore>[] = [
  { file: 'many.ts', declare: testMany },
  { file: 'copies.ts', declare: testCopies },
  { file: 'multipart.ts', declare: testMultipart },
];

interface Suite<Store> {
  readonly name: string;
  readonly createStore: () => Promise<{ readonly store: Store; readonly cleanup?: () => Promise<void> }>;
  readonly api: TestApi;
  readonly options: ConformanceOptions;
  readonly groups: readonly Group<Store>[];
}

function declareAll<Store>({ name, createStore, api, options, groups }: Suite<Store>): void {
  const deviations = new Map(Object.entries(options.deviations ?? {}));
  const promise = (title: string, body: (store: Store) => Promise<void>): void => {
    const run = async (): Promise<void> => {
      const { store, cleanup } = await createStore();
      try {
        await body(store);
      } finally {
        await cleanup?.();
      }
    };
    const reason = deviations.get(title);
    deviations.delete(title);
    if (reason === undefined) api.it(title, run, CASE_TIMEOUT_MS);
    else api.it(`deviation: not ${title}: ${reason}`, () => mustFail(run, title), CASE_TIMEOUT_MS);
  };
  api.describe(name, () => {
    for (const { declare } of groups) declare({ expect: api.expect, promise });
    if (deviations.size > 0) throw new Error(`no such promise: ${[...deviations.keys()].join('; ')}`);
  });
}

async function mustFail(run: () => Promise<void>, title: string): Promise<void> {
  const kept = await run().then(
    () => true,
    () => false,
  );
  if (kept) throw new Error(`the store keeps this promise; remove the deviation: ${title}`);
}
