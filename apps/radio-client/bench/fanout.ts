// pnpm bench fanout: what an audience costs the origin. The listener site behind an nginx cache, polled by simulated
// listeners; beside it an Icecast that sends the same number of listeners its stream. Everything on loopback.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { manifestOf } from '@bucket-radio/testing';
import { createAdaptorServer } from '@hono/node-server';
import { createSite } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { writeScalePage } from './scale-page.ts';

const { values } = parseArgs({
  options: {
    /** Seconds each audience listens. */
    seconds: { type: 'string', default: '10' },
    /** Writes docs/scale.md and its plot. */
    write: { type: 'boolean', default: false },
  },
});
const AUDIENCES = [1, 100, 1000, 2000] as const;
/** 2,000 open streams are more than Icecast on this little machine is asked for. */
const ICECAST_AUDIENCES = [1, 100, 1000] as const;
const PERIOD_MS = 2000;
const STREAM_KBITS = 128;

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'bench-fanout-'));
chmodSync(directory, 0o777);
const children: ChildProcess[] = [];
const servers: Server[] = [];
let stopping = false;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function version(command: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(command, args);
    return `${stdout}${stderr}`.trim().split('\n')[0] ?? '';
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw missing ? new Error(`${command} is not installed: apt-get install nginx-light icecast2 ffmpeg`) : error;
  }
}

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr?.on('data', (data) => {
    errors += data;
  });
  child.once('exit', (code) => {
    if (code !== 0 && code !== null && !stopping)
      say(
        `${command} ended with ${code}: ${errors
          .trim()
          .slice(-300)
          .replaceAll(/\/\/[^@\s]*@/g, '//REDACTED@')}`,
      );
  });
  children.push(child);
  return child;
}

async function answering(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await sleep(50);
  }
  throw new Error(`nothing answers at ${url}`);
}

/** The site, with a count of what reaches it and of what it asks of its bucket. */
async function startSite() {
  const counts = { origin: 0, bucket: 0 };
  let latest = 42;
  const bucket = createServer((_, response) => {
    counts.bucket += 1;
    latest += 1;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(manifestOf({ latest })));
  });
  const config = loadConfig({ R2_PUBLIC_URL: `http://127.0.0.1:${await listening(bucket)}` });
  const site = createSite({ config, files: async () => new Map() });
  const fetchCounted = (request: Request): Response | Promise<Response> => {
    counts.origin += 1;
    return site.fetch(request);
  };
  const port = await listening(createAdaptorServer({ fetch: fetchCounted }) as Server);
  return { counts, port };
}

/** nginx as a CDN is: it keeps what `s-maxage` lets it, and asks once for everybody. */
async function startCache(originPort: number): Promise<string> {
  const port = await freePort();
  mkdirSync(join(directory, 'cache'));
  chmodSync(join(directory, 'cache'), 0o777);
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log ${directory}/nginx.log; user root;
events { worker_connections 8192; }
http {
  access_log off;
  proxy_cache_path ${directory}/cache keys_zone=site:1m;
  ${['client_body', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`).join(' ')}
  proxy_temp_path ${directory}/proxy;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    keepalive_requests 1000000;
    location / {
      proxy_pass http://127.0.0.1:${originPort};
      proxy_cache site; proxy_cache_lock on; proxy_cache_use_stale updating; proxy_cache_revalidate on;
    }
  }
}
`,
  );
  start('nginx', ['-p', directory, '-c', join(directory, 'nginx.conf')]);
  const url = `http://127.0.0.1:${port}/api/manifest`;
  await answering(url);
  return url;
}

async function startIcecast(): Promise<string> {
  const port = await freePort();
  const password = crypto.randomUUID();
  writeFileSync(
    join(directory, 'icecast.xml'),
    `<icecast>
  <limits><clients>4000</clients><sources>2</sources><burst-on-connect>1</burst-on-connect></limits>
  <authentication><source-password>${password}</source-password><admin-password>${password}</admin-password></authentication>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <paths><basedir>${directory}</basedir><logdir>${directory}</logdir><webroot>${directory}</webroot><adminroot>${directory}</adminroot></paths>
  <logging><loglevel>1</loglevel></logging>
  <security><chroot>0</chroot><changeowner><user>nobody</user><group>nogroup</group></changeowner></security>
</icecast>
`,
  );
  // One file descriptor a listener.
  start('sh', ['-c', 'ulimit -n 8192; exec icecast2 -c "$0"', join(directory, 'icecast.xml')]);
  await sleep(1000);
  const tone = 'sine=frequency=440:sample_rate=48000,aformat=channel_layouts=stereo';
  start('ffmpeg', [
    ...[
      '-v',
      'error',
      '-re',
      '-f',
      'lavfi',
      '-i',
      `${tone},aeval=val(0)+0.2*(random(0)-0.5)|val(1)+0.2*(random(1)-0.5)`,
    ],
    ...['-c:a', 'libopus', '-b:a', `${STREAM_KBITS}k`, '-vbr', 'off', '-content_type', 'application/ogg', '-f', 'ogg'],
    `icecast://source:${password}@127.0.0.1:${port}/live.ogg`,
  ]);
  const url = `http://127.0.0.1:${port}/live.ogg`;
  await answering(url);
  return url;
}

interface ListenerResult {
  readonly statuses: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly seconds: number;
}

async function listen(...args: readonly (string | number)[]): Promise<ListenerResult> {
  const script = fileURLToPath(new URL('./fanout-listeners.ts', import.meta.url));
  const { stdout } = await run(process.execPath, [script, ...args.map(String)], { maxBuffer: 1 << 20 });
  return JSON.parse(stdout) as ListenerResult;
}

async function measureSite(cacheUrl: string, counts: { origin: number; bucket: number }) {
  const rates: Record<string, number> = {};
  for (const audience of AUDIENCES) {
    const before = { ...counts };
    const startedAt = performance.now();
    const { statuses } = await listen('poll', cacheUrl, audience, values.seconds, PERIOD_MS);
    const seconds = (performance.now() - startedAt) / 1000;
    const polls = Object.values(statuses).reduce((sum, answers) => sum + answers, 0);
    rates[audience] = round((counts.origin - before.origin) / seconds);
    const answered = Object.entries(statuses).map(([status, answers]) => `${answers} × ${status}`);
    say(
      `${String(audience).padStart(5)} listeners: ${round(polls / seconds)} polls/s at the cache (${answered.join(', ')}), ` +
        `${rates[audience]} requests/s at the site, ${round((counts.bucket - before.bucket) / seconds)} at the bucket`,
    );
  }
  return rates;
}

async function measureIcecast(url: string) {
  const rates: Record<string, number> = {};
  for (const audience of ICECAST_AUDIENCES) {
    const { bytes, seconds } = await listen('stream', url, audience, values.seconds);
    rates[audience] = Math.round(bytes / seconds);
    say(`${String(audience).padStart(5)} listeners: Icecast sends ${round(bytes / seconds / 1e6)} MB/s`);
  }
  return rates;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

try {
  const versions = [
    `Node ${process.versions.node}`,
    await version('nginx', ['-v']),
    await version('icecast2', ['-v']),
    (await version('ffmpeg', ['-version'])).split(' ').slice(0, 3).join(' '),
  ];
  say(
    `${versions.join(', ')}; each listener polls every ${PERIOD_MS / 1000} s for ${values.seconds} s; Icecast: Opus ${STREAM_KBITS} kbit/s`,
  );
  const { counts, port } = await startSite();
  const originRequestsPerSecond = await measureSite(await startCache(port), counts);
  const icecastOriginBytesPerSecond = await measureIcecast(await startIcecast());
  const result = { bench: 'fanout', originRequestsPerSecond, icecastOriginBytesPerSecond };
  if (values.write) writeScalePage(result, versions);
  say(JSON.stringify(result));
} finally {
  stopping = true;
  for (const child of children) child.kill('SIGTERM');
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await sleep(300);
  rmSync(directory, { recursive: true, force: true });
}
