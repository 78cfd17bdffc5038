import { type FullTestStore, fullObjectStoreConformance, type TestApi } from '@bucket-radio/object-store/conformance';
import { R2ObjectStore } from '../../src/index.ts';
import { R2_DEVIATIONS } from '../r2-deviations.ts';
import { type Bindings, expect, serveCases, type WorkerCase } from '../worker-suite.ts';

const cases: WorkerCase[] = [];
let bindings: Bindings;

const api: TestApi = {
  describe: (_title, body) => body(),
  it: (title, run) =>
    cases.push({
      title,
      run: async (env) => {
        bindings = env;
        await run();
      },
    }),
  expect,
};

async function createStore(): Promise<FullTestStore> {
  const { BUCKET } = bindings;
  const empty = async (): Promise<void> => {
    for (let page = await BUCKET.list(); page.objects.length > 0; page = await BUCKET.list()) {
      await BUCKET.delete(page.objects.map(({ key }) => key));
    }
  };
  await empty();
  return { store: new R2ObjectStore(BUCKET), cleanup: empty };
}

fullObjectStoreConformance('conformance', createStore, api, { deviations: R2_DEVIATIONS });

export const handler: ReturnType<typeof serveCases> = serveCases(cases);
