import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { afterAll, describe, it } from 'vitest';
import type { CaseResult } from './worker-suite.ts';

type Json = string | { readonly [name: string]: string | undefined };

/** Generous: some cases put a thousand objects, on a machine that may have other things to do. */
const CASE_TIMEOUT_MS = 300_000;

const directory = fileURLToPath(new URL('.', import.meta.url));

/**
 * Bundled as a Worker's tools do it, without Node compatibility.
 * @param exported the name of the handler in `entry`
 * @throws Error when an import of `node:` is left
 */
async function bundleWorker(entry: string, exported: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${exported} as default } from ${JSON.stringify(entry)};`, resolveDir: directory },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    conditions: ['@bucket-radio/source', 'workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    // Parts of a package that are not used may have them.
    external: ['node:*'],
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`${entry}: nothing was built`);
  const nodeModule = /from\s*"(node:[^"]+)"|import\s*"(node:[^"]+)"/.exec(output.text);
  if (nodeModule !== null) throw new Error(`${entry}: the Worker imports ${nodeModule[1] ?? nodeModule[2]}`);
  return output.text;
}

export interface WorkerOptions {
  /** Variables of the Worker's environment. */
  readonly bindings?: Record<string, Json>;
  /** The name of the handler in the module. Default `handler`. */
  readonly exported?: string;
  /** Names of the bindings. Default `BUCKET` and `KV`. */
  readonly bucket?: string;
  readonly kv?: string;
}

/** A Worker in the real runtime, with a real R2 bucket and KV namespace of this machine. */
export async function startWorkerd(entry: string, options: WorkerOptions = {}): Promise<Miniflare> {
  const { bindings = {}, exported = 'handler', bucket = 'BUCKET', kv = 'KV' } = options;
  const miniflare = new Miniflare({
    modules: true,
    script: await bundleWorker(entry, exported),
    compatibilityDate: '2026-07-01',
    host: '127.0.0.1',
    bindings,
    r2Buckets: { [bucket]: 'bucket' },
    kvNamespaces: { [kv]: 'kv' },
    // The runtime notes there which of its own functions are called.
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      stdout.resume();
      stderr.resume();
    },
  });
  await miniflare.ready;
  return miniflare;
}

/** One test here for each case that the worker `entry` serves, run there. */
export async function describeInWorkerd(
  name: string,
  entry: string,
  bindings: Record<string, Json> = {},
): Promise<void> {
  const miniflare = await startWorkerd(entry, { bindings });
  const titles = (await (await miniflare.dispatchFetch('http://worker/')).json()) as string[];
  describe(name, () => {
    afterAll(() => miniflare.dispose());
    it.each(titles)(
      '%s',
      async (title) => {
        const response = await miniflare.dispatchFetch(`http://worker/?title=${encodeURIComponent(title)}`);
        const { failure } = (await response.json()) as CaseResult;
        if (failure !== undefined) throw new Error(failure);
      },
      CASE_TIMEOUT_MS,
    );
  });
}
