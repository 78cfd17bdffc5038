import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { SECRETS } from './fixtures.ts';

/** The Worker as one module, as the build writes it. */
async function bundleGate(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('../src/worker.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    // Parts of a package that are not used may import them.
    external: ['node:*'],
    conditions: ['@bucket-radio/source', 'workerd', 'worker'],
    logLevel: 'silent',
  });
  const [module] = result.outputFiles;
  if (module === undefined) throw new Error('esbuild wrote nothing');
  return module.text;
}

export interface Gate {
  readonly origin: string;
  readonly miniflare: Miniflare;
  /** Lines the Worker logged. */
  readonly log: () => string;
  /** Puts an object into the private bucket. */
  readonly put: (key: string, data: string | Uint8Array, contentType?: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The gate in workerd, in front of a bucket of its own. */
export async function startGate(bindings: Readonly<Record<string, string>> = {}): Promise<Gate> {
  let log = '';
  const miniflare = new Miniflare({
    modules: true,
    script: await bundleGate(),
    compatibilityDate: '2026-07-01',
    host: '127.0.0.1',
    r2Buckets: { BUCKET: 'bucket' },
    bindings: { TOKEN_SECRET: SECRETS[0], ALLOWED_ORIGINS: 'https://radio.example', ...bindings },
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      for (const stream of [stdout, stderr]) {
        stream.on('data', (data) => {
          log += data;
        });
      }
    },
  });
  const { origin } = await miniflare.ready;
  const bucket = await miniflare.getR2Bucket('BUCKET');
  return {
    origin,
    miniflare,
    log: () => log,
    put: async (key, data, contentType = 'audio/mp4') => {
      await bucket.put(key, data, { httpMetadata: { contentType } });
    },
    stop: () => miniflare.dispose(),
  };
}
