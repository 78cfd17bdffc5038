import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchChromium, manifestOf, serviceOrSkip } from '@bucket-radio/testing';
import { createAdaptorServer } from '@hono/node-server';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSite } from './app.ts';
import { bundleSite } from './bundle-site.ts';
import { loadConfig } from './config.ts';

interface LayoutShift extends PerformanceEntry {
  readonly value: number;
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function liveManifest() {
  const now = Date.now();
  return manifestOf({ latestStart: now - 12_000, nextEta: now + 8_000, updatedAt: now });
}

describe.skipIf(!serviceOrSkip('chromium').available)('the page in Chromium', () => {
  let reachable = true;
  const bucket = createServer((_, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    if (reachable) response.end(JSON.stringify(liveManifest()));
    else response.writeHead(503).end();
  });
  const blog = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(`<!doctype html><link rel="icon" href="data:,"><iframe src="${origin}/embed"></iframe>`);
  });
  let site: Server;
  let blogOrigin = '';
  let origin = '';
  let browser: Browser;

  beforeAll(async () => {
    const config = loadConfig({ R2_PUBLIC_URL: await listening(bucket), RADIO_STATS_TOKEN: 'only-for-this-test' });
    const files = await bundleSite();
    site = createAdaptorServer({ fetch: createSite({ config, files: async () => files }).fetch }) as Server;
    origin = await listening(site);
    blogOrigin = await listening(blog);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of [bucket, site, blog]) {
      server?.closeAllConnections();
      server?.close();
    }
  });

  async function open(path: string, options: { javaScriptEnabled?: boolean; width?: number } = {}) {
    const { javaScriptEnabled = true, width = 1280 } = options;
    const page = await browser.newPage({ javaScriptEnabled, viewport: { width, height: 800 } });
    const problems: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(`${origin}${path}`);
    return { page, problems };
  }

  const statusOf = (page: Page) => page.locator('[data-status]').textContent();

  test.each([1280, 375])('loads without a console message and without moving, %i px wide', async (width) => {
    const { page, problems } = await open('/', { width });
    await page.locator('radio-player').getByRole('button').first().waitFor();
    const shifted = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new PerformanceObserver((list) =>
            resolve(list.getEntries().reduce((sum, entry) => sum + (entry as LayoutShift).value, 0)),
          ).observe({ type: 'layout-shift', buffered: true });
          // No entry at all is no shift; two frames are enough for the observer to be told of the buffered ones.
          requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 0, 0)));
        }),
    );
    expect(problems).toEqual([]);
    expect(shifted).toBeLessThan(0.01);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page.close();
  });

  test('tells everything without JavaScript, and offers a plain player', async () => {
    const { page, problems } = await open('/', { javaScriptEnabled: false });
    expect(await statusOf(page)).toBe('On the air');
    expect(await page.locator('h1').textContent()).toBe('Radio <Ünter>');
    expect(await page.locator('audio').isVisible()).toBe(true);
    expect(await page.locator('pre').first().textContent()).toContain('/live/index.m3u8');
    expect(problems).toEqual([]);
    await page.close();
  });

  test('says that the station cannot be reached, and that it is back, without being loaded again', async () => {
    reachable = false;
    // What was read before serves everybody for a second.
    await expect.poll(async () => (await fetch(`${origin}/api/manifest`)).status, { timeout: 30_000 }).toBe(503);
    const { page } = await open('/');
    expect(await statusOf(page)).toBe('Cannot be reached at the moment');
    reachable = true;
    await expect.poll(() => statusOf(page), { timeout: 60_000 }).toBe('On the air');
    await page.close();
  });

  test('shows the player in a frame of another site', async () => {
    const { page, problems } = await open('/');
    await page.goto(blogOrigin);
    await page.frameLocator('iframe').locator('radio-player').getByRole('button').first().waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });
});

/** A real station of seconds, with its bucket; nothing of it outlives the test. */
async function startStation(): Promise<{ bucket: string; stop: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'heard-station-'));
  const [origin, monitor] = await Promise.all([freePort(), freePort()]);
  const main = new URL('../../radio-server/src/main.ts', import.meta.url).pathname;
  const args = ['--conditions=@bucket-radio/source', main, 'start', '--segment-seconds', '1', '--archive', 'off'];
  const env = { PATH: process.env['PATH'], RADIO_ORIGIN_PORT: origin, RADIO_MONITOR_PORT: monitor };
  const child: ChildProcess = spawn(process.execPath, args, { cwd: directory, env, stdio: 'ignore' });
  return {
    bucket: `http://127.0.0.1:${origin}/radio`,
    stop: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<string> {
  const server = createServer();
  const { port } = new URL(await listening(server));
  server.close();
  return port;
}

describe.skipIf(!serviceOrSkip('chromium').available)('a listener', () => {
  test('is counted from the first sound on, and not any more after stop', async () => {
    const station = await startStation();
    const config = loadConfig({ R2_PUBLIC_URL: station.bucket, RADIO_STATS_TOKEN: 'only-for-this-test' });
    const files = await bundleSite();
    const app = createSite({ config, files: async () => files });
    const site = createAdaptorServer({ fetch: app.fetch }) as Server;
    const browser = await launchChromium();
    try {
      const origin = await listening(site);
      const headers = { Authorization: 'Bearer only-for-this-test' };
      const listeners = async () =>
        ((await (await fetch(`${origin}/api/stats`, { headers })).json()) as { listeners: number }).listeners;
      await expect
        .poll(async () => (await fetch(`${origin}/api/manifest`)).status, { timeout: 60_000, interval: 200 })
        .toBe(200);
      const page = await browser.newPage();
      await page.goto(origin);
      const player = page.locator('radio-player');
      await player.getByRole('button', { name: /^Play / }).waitFor();
      expect(await listeners()).toBe(0);
      await player.getByRole('button', { name: /^Play / }).click();
      await expect.poll(listeners, { timeout: 60_000 }).toBe(1);
      expect(await player.evaluate((element) => (element as HTMLElement & { state: string }).state)).toBe('playing');
      await player.getByRole('button', { name: /^Stop / }).click();
      await expect.poll(listeners, { timeout: 30_000 }).toBe(0);
      const metrics = await (await fetch(`${origin}/metrics`, { headers })).text();
      expect(metrics).toContain('radio_listener_sessions_total 1\n');
    } finally {
      await browser.close();
      site.closeAllConnections();
      site.close();
      await station.stop();
    }
  });
});
