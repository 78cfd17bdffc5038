import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { MANIFEST_KEY, stationObjectHeaders } from '@bucket-radio/manifest';
import { bundlePlayer } from '@bucket-radio/player/bundle';
import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gate, startGate } from './gate.ts';

const STATION = new URL('../../radio-server/src/main.ts', import.meta.url).pathname;
const TOKEN_SECONDS = 4;
/** The first, and one that replaces it while the station plays. */
const TOKENS = 2;

/** A station that writes into a directory, from which its objects go into the gate's private bucket. */
class PrivateStation {
  readonly #directory: string;
  readonly #child: ChildProcess;
  readonly #put: Gate['put'];
  readonly #sent = new Set<string>();
  #manifest = '';
  #stopped = false;
  #copying = Promise.resolve();

  constructor(directory: string, ports: readonly [origin: number, monitor: number], put: Gate['put']) {
    this.#directory = directory;
    this.#put = put;
    const args = ['--conditions=@bucket-radio/source', STATION, 'start', '--segment-seconds', '1', '--archive', 'off'];
    const env = {
      PATH: process.env['PATH'],
      RADIO_ORIGIN_PORT: String(ports[0]),
      RADIO_MONITOR_PORT: String(ports[1]),
    };
    this.#child = spawn(process.execPath, args, { cwd: directory, env, stdio: 'ignore' });
  }

  /** Copies until stopped. */
  start(): void {
    this.#copying = (async () => {
      while (!this.#stopped) {
        await this.#copy();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#copying;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  /** As the publisher does it: nothing is named before it is there. */
  async #copy(): Promise<void> {
    const live = join(this.#directory, 'data/bucket/live');
    const manifest = await readFile(join(live, MANIFEST_KEY), 'utf8').catch(() => '');
    if (manifest === this.#manifest) return;
    const files = await readdir(live, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile() && entry.name.endsWith('.mp4'))) {
      const path = relative(live, join(file.parentPath, file.name));
      if (this.#sent.has(path)) continue;
      this.#sent.add(path);
      await this.#put(`live/${path}`, await readFile(join(live, path)), stationObjectHeaders(path).contentType);
    }
    await this.#put(`live/${MANIFEST_KEY}`, manifest, 'application/json');
    this.#manifest = manifest;
  }
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  return port;
}

describe.skipIf(!serviceOrSkip('chromium').available)('a private station in Chromium', () => {
  let directory = '';
  let page: Server;
  let pageOrigin = '';
  let gate: Gate;
  let station: PrivateStation;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'private-station-'));
    const { files } = await bundlePlayer();
    page = createServer((request, response) => {
      const script = files.get((request.url ?? '').slice(1));
      response.setHeader('Content-Type', script === undefined ? 'text/html' : 'text/javascript');
      const player = `<radio-player quality="hq" src="${gate.origin}/live/manifest.json" token-url="${gate.origin}/api/token"></radio-player>`;
      response.end(
        script ??
          `<!doctype html><title>private</title><script type="module" src="/radio-player.js"></script>${player}`,
      );
    });
    pageOrigin = `http://127.0.0.1:${await listening(page)}`;
    gate = await startGate({
      ALLOWED_ORIGINS: pageOrigin,
      TOKEN_SECONDS: String(TOKEN_SECONDS),
      TOKENS_PER_MINUTE: '1000',
    });
    station = new PrivateStation(directory, [await freePort(), await freePort()], gate.put);
    station.start();
  });
  afterAll(async () => {
    await station?.stop();
    await gate?.stop();
    page?.close();
    if (directory !== '') await rm(directory, { recursive: true, force: true });
  });

  test('plays through the gate, renewing its token, and every segment that is heard has the MD5 of its capture', async () => {
    const browser = await launchChromium();
    try {
      const tab = await browser.newPage();
      const refused: string[] = [];
      let tokens = 0;
      tab.on('response', (response) => {
        if (response.status() === 401 || response.status() === 403) refused.push(response.url());
        if (response.url().endsWith('/api/token') && response.request().method() === 'POST') tokens += 1;
      });
      await tab.goto(pageOrigin);
      await tab.evaluate(async () => {
        interface Heard {
          readonly index: number;
          readonly verified?: boolean;
        }
        const player = document.querySelector('radio-player') as HTMLElement & { play(): void };
        const heardSegments: Record<number, boolean | undefined> = {};
        Object.assign(globalThis, { heardSegments });
        await customElements.whenDefined('radio-player');
        player.addEventListener('radio-segment', (event) => {
          const { index, verified } = (event as CustomEvent<Heard>).detail;
          heardSegments[index] ??= verified;
        });
        player.play();
      });
      const heardSoFar = () =>
        tab.evaluate(() => {
          const segments = Object.entries(Reflect.get(globalThis, 'heardSegments') as Record<string, boolean>);
          // The last one's check may still be going on.
          return segments.map(([index, verified]) => [Number(index), verified] as const).slice(0, -1);
        });
      await expect.poll(() => tokens, { timeout: 90_000 }).toBeGreaterThanOrEqual(TOKENS);
      const renewedAt = (await heardSoFar()).length;
      await expect.poll(async () => (await heardSoFar()).length, { timeout: 60_000 }).toBeGreaterThan(renewedAt + 3);
      const heard = await heardSoFar();
      // Without an interruption that the player itself counted (a machine too busy for sound), segments follow each other.
      const jumps = heard.filter(([index], at) => at > 0 && index !== (heard[at - 1]?.[0] ?? 0) + 1);
      const underruns = await tab.evaluate(() => {
        const player = document.querySelector('radio-player') as HTMLElement & { stats: { underruns: number } };
        return player.stats.underruns;
      });
      expect(jumps.length).toBeLessThanOrEqual(underruns);
      expect(heard.map(([, verified]) => verified)).toEqual(heard.map(() => true));
      expect(refused).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
