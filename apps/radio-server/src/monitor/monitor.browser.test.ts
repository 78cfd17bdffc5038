import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Listener, listen } from '../http/listen.ts';
import { FakeDesk, LEVELS, STATUS, segment } from '../testing/fake-desk.ts';
import { freePort } from '../testing/station-process.ts';
import { bundleMonitor } from './bundle.ts';
import { createMonitor } from './server.ts';

describe.skipIf(!serviceOrSkip('chromium').available)('the monitor page', () => {
  let browser: Browser;
  let page: Page;
  let desk: FakeDesk;
  let listener: Listener;
  let problems: string[];

  const monitor = () => {
    const access = { host: '127.0.0.1' };
    return createMonitor({ desk, files: bundleMonitor, access, bucketOrigin: 'http://localhost:9000' });
  };

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    desk = new FakeDesk();
    const app = monitor();
    listener = await listen(app, { host: '127.0.0.1', port: await freePort(), what: 'the monitor', variable: 'X' });
    page = await browser.newPage({ viewport: { width: 340, height: 800 } });
    problems = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) problems.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${listener.port}/`);
  });
  afterEach(async () => {
    await page.close();
    await listener.close();
  });

  test('shows what the station says, as text, and fits a phone', async () => {
    await page.getByRole('heading', { name: 'Harbour <b>Radio</b>' }).waitFor();
    const text = await page.locator('radio-monitor main').textContent();
    for (const part of [
      'On air',
      'up 1h 02m',
      'bit-perfect',
      'FLAC native, Opus wasm',
      '369 to 371',
      '712.3 MB',
      '1 gap, 12 ms',
    ]) {
      expect(text).toContain(part);
    }
    expect(await page.getByRole('row').allTextContents()).toHaveLength(4);
    expect((await page.getByRole('row').nth(1).textContent())?.trim().split(/\s+/)).toEqual([
      '372',
      expect.any(String),
      '1,901',
      '161',
      '–',
      'queued',
    ]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(problems).toEqual([]);
  });

  test('follows events: levels, segments, errors, state', async () => {
    await page.getByRole('row').nth(3).waitFor();
    desk.feed.emit('levels', LEVELS);
    await page
      .getByRole('meter', { name: 'Left channel peak level' })
      .and(page.locator('[aria-valuenow="-6"]'))
      .waitFor();
    await page.getByText('−6.0').waitFor();
    desk.feed.emit('segment', segment(372));
    desk.feed.emit('segment', segment(373, 'queued'));
    await page.getByRole('row', { name: /373/ }).waitFor();
    expect(await page.getByRole('row', { name: /372/ }).textContent()).toMatch(/42\s+live/);
    desk.feed.emit('status', { ...STATUS, state: 'stopping', lastError: { message: 'the bucket said 503', atMs: 0 } });
    await page.getByRole('alert').getByText('the bucket said 503').waitFor();
    await page.getByRole('status').getByText('Stopping').waitFor();
    expect(problems).toEqual([]);
  });

  test('says when the station is gone, and comes back with it', async () => {
    await page.getByRole('status').getByText('On air').waitFor();
    const { port } = listener;
    await listener.close();
    await page.getByRole('status').getByText('No connection to the station').waitFor();
    desk.now = { ...STATUS, station: 'Again' };
    listener = await listen(monitor(), {
      host: '127.0.0.1',
      port,
      what: 'the monitor',
      variable: 'X',
    });
    await page.getByRole('heading', { name: 'Again' }).waitFor();
    await page.getByRole('status').getByText('On air').waitFor();
  });
});
