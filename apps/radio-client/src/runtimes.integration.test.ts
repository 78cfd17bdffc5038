import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { denoPath, manifestOf, MANIFEST_NOW as NOW, serviceOrSkip } from '@bucket-radio/testing';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleWorker } from '../tools/bundle-worker.ts';
import type { SiteFiles } from './app.ts';
import { bundleSite } from './bundle-site.ts';

const ROOT = new URL('../', import.meta.url);
const STATS_TOKEN = 'only-for-this-test';
/** A runtime that has not answered by then is broken. */
const START_DEADLINE_MS = 60_000;

/** A public bucket on loopback that can be away, and counts what is asked of it. */
class Bucket {
  requests = 0;
  manifest: object | undefined = manifestOf();
  readonly #server: Server = createServer((_, response) => {
    this.requests += 1;
    response.setHeader('Content-Type', 'application/json');
    if (this.manifest === undefined) response.writeHead(503).end();
    else response.end(JSON.stringify(this.manifest));
  });

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }
}

interface Runtime {
  readonly ask: (
    path: string,
    init?: { method?: string; headers?: Record<string, string>; body?: string },
  ) => Promise<Response>;
  readonly stop: () => Promise<void>;
}

type Start = (env: Record<string, string>, files: SiteFiles) => Promise<Runtime>;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function startProcess(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  port: number,
): Promise<Runtime> {
  const child: ChildProcess = spawn(command, args, {
    cwd: fileURLToPath(ROOT),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      output += data;
    });
  }
  const origin = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + START_DEADLINE_MS;
  while (
    !(await fetch(`${origin}/healthz`).then(
      (response) => response.ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${command} did not start:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    ask: (path, init) => fetch(`${origin}${path}`, init),
    stop: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

const startNode: Start = async (env) => {
  const port = await freePort();
  const args = ['--conditions=@bucket-radio/source', 'src/main.ts'];
  return startProcess(process.execPath, args, { ...env, PORT: String(port) }, port);
};

/** As on Deno Deploy: `main.tsx`, beside what the build wrote. */
const startDeno: Start = async (env, files) => {
  const directory = new URL('dist/files/', ROOT);
  await mkdir(directory, { recursive: true });
  for (const [name, content] of files) await writeFile(new URL(name, directory), content);
  const port = await freePort();
  const args = [
    'serve',
    '--allow-env',
    '--allow-read',
    '--allow-net',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    'main.tsx',
  ];
  return startProcess(denoPath() ?? 'deno', args, env, port);
};

const startWorkerd: Start = async (env, files) => {
  const miniflare = new Miniflare({
    modules: true,
    script: await bundleWorker(files),
    compatibilityDate: '2026-07-01',
    host: '127.0.0.1',
    bindings: env,
  });
  const origin = (await miniflare.ready).origin;
  return { ask: (path, init) => fetch(`${origin}${path}`, init), stop: () => miniflare.dispose() };
};

const RUNTIMES: readonly { readonly name: string; readonly start: Start; readonly available: boolean }[] = [
  { name: 'Node', start: startNode, available: true },
  { name: 'Deno', start: startDeno, available: serviceOrSkip('deno').available },
  { name: 'workerd', start: startWorkerd, available: true },
];

describe.each(RUNTIMES)('the site on $name', ({ start, available }) => {
  const bucket = new Bucket();
  let runtime: Runtime;
  let files: SiteFiles;
  let origin = '';

  beforeAll(async () => {
    if (!available) return;
    files = await bundleSite();
    origin = await bucket.listen();
    const env = { R2_PUBLIC_URL: `${origin}/radio`, RADIO_STATION: 'Fallback', RADIO_STATS_TOKEN: STATS_TOKEN };
    runtime = await start(env, files);
  });
  afterAll(async () => {
    await runtime?.stop();
    bucket.close();
  });

  const text = async (path: string) => (await runtime.ask(path)).text();
  /** Answers are shared for a second; polls until the next one shows. */
  const eventually = async (path: string, expected: string) => {
    await expect.poll(() => text(path), { timeout: 20_000, interval: 100 }).toContain(expected);
  };

  test.skipIf(!available)('renders the whole page on the server', async () => {
    const response = await runtime.ask('/');
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(html).toContain('<h1>Radio &lt;Ünter&gt;</h1>');
    expect(html).toContain(`<radio-player src="${origin}/radio/live/manifest.json">`);
    expect(response.headers.get('Content-Security-Policy')).toContain(`connect-src 'self' ${origin};`);
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
  });

  test.skipIf(!available)('passes the manifest on, with an ETag that is honoured', async () => {
    const response = await runtime.ask('/api/manifest');
    expect(await response.json()).toMatchObject({ latest: 42, latestStart: NOW - 12_000 });
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=0, s-maxage=1');
    const etag = response.headers.get('ETag') ?? '';
    expect((await runtime.ask('/api/manifest', { headers: { 'If-None-Match': etag } })).status).toBe(304);
  });

  test.skipIf(!available)('serves the scripts that browsers load', async () => {
    for (const [path, name] of [
      ['/player/radio-player.js', 'radio-player.js'],
      ['/player/worklet.js', 'worklet.js'],
      ['/site.js', 'site.js'],
    ] as const) {
      const response = await runtime.ask(path);
      expect(response.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8');
      expect(Buffer.from(await response.arrayBuffer()).equals(files.get(name) ?? Buffer.alloc(0))).toBe(true);
    }
    expect((await runtime.ask('/player/..%2f..%2fmain.tsx')).status).toBe(404);
  });

  test.skipIf(!available)('answers oEmbed, the frame, the picture, the app manifest and health', async () => {
    expect(await text('/healthz')).toBe('ok\n');
    expect(await text('/embed')).toContain('<body class="embed">');
    const image = await runtime.ask('/og.png');
    expect(image.headers.get('Content-Type')).toBe('image/png');
    expect([...new Uint8Array(await image.arrayBuffer()).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
    expect(JSON.parse(await text('/site.webmanifest'))).toMatchObject({ name: 'Radio <Ünter>' });
    expect((await runtime.ask('/oembed?url=https%3A%2F%2Felsewhere.example')).status).toBe(404);
  });

  test.skipIf(!available)('counts listeners', async () => {
    const body = JSON.stringify({ session: crypto.randomUUID(), listening: true, stalls: 3, quality: 'lq' });
    expect((await runtime.ask('/api/beacon', { method: 'POST', body })).status).toBe(204);
    expect((await runtime.ask('/metrics')).status).toBe(401);
    const headers = { Authorization: `Bearer ${STATS_TOKEN}` };
    expect(await (await runtime.ask('/metrics', { headers })).text()).toContain('radio_listener_stalls_total 3\n');
  });

  test.skipIf(!available)('1,000 clients that poll together cost the bucket one request a second', async () => {
    const before = bucket.requests;
    const startedAt = performance.now();
    const statuses = new Set<number>();
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => runtime.ask('/api/manifest')));
      for (const answer of answers) {
        statuses.add(answer.status);
        await answer.arrayBuffer();
      }
    }
    const seconds = (performance.now() - startedAt) / 1000;
    expect([...statuses]).toEqual([200]);
    expect(bucket.requests - before).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  });

  test.skipIf(!available)(
    'an unreachable bucket is never a 500: the page says so, and recovers by itself',
    async () => {
      bucket.manifest = undefined;
      await eventually('/', '<h1>Fallback</h1>');
      expect((await runtime.ask('/')).status).toBe(200);
      expect(await text('/')).toContain('data-state="offline"');
      expect((await runtime.ask('/api/manifest')).status).toBe(503);
      bucket.manifest = manifestOf({ live: false });
      await eventually('/', 'Off the air');
      expect(JSON.parse(await text('/api/status'))).toMatchObject({ name: 'Radio <Ünter>', state: 'offline' });
    },
  );
});
