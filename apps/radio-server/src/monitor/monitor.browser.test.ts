import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Alert } from '../alerts/alert.ts';
import type { MonitorStatus } from '../desk/monitor-status.ts';
import { type Listener, listen } from '../http/listen.ts';
import { FakeDesk, LEVELS, STATUS, segment } from '../testing/fake-desk.ts';
import { freePort } from '../testing/station-process.ts';
import { bundleMonitor } from './bundle.ts';
import { createMonitor } from './server.ts';

const ALERT: Alert = {
  id: '01JD5XQ0000000000000000001',
  kind: 'bucket-behind',
  severity: 'critical',
  state: 'raised',
  message: 'the bucket does not take segments: 7 wait, the oldest for 71 s',
  remedy: 'see the last error; `radio doctor` tells clock, credentials, bucket and uplink apart',
  raisedAtMs: Date.UTC(2026, 10, 20, 20),
};

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
  const say = (changes: Partial<MonitorStatus>): void => {
    desk.now = { ...STATUS, ...changes };
    desk.feed.emit('status', desk.now);
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
    await page.getByText('all is well').waitFor();
    const text = await page.locator('radio-monitor main').textContent();
    for (const part of [
      'On air',
      'up 1h 02m',
      'bit-perfect',
      '24 bit, 24 in use',
      '+61 ppm',
      'FLAC native, Opus wasm',
      '369 to 371',
      'p50 180 ms, p95 420 ms',
      '1.65 Mbit/s used',
      '4.3 ×',
      '$1.33',
      '712.3 MB',
      '12 days left',
      '1 gap, 12 ms',
    ]) {
      expect(text).toContain(part);
    }
    const cells = (row: number) => page.getByRole('row').nth(row).getByRole('cell').allTextContents();
    expect(await page.getByRole('row').count()).toBe(4);
    const trimmed = (await cells(1)).map((cell) => cell.trim()).slice(1);
    expect(trimmed).toEqual(['spooled', '1,901', 'spooled', '161', '–']);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(problems).toEqual([]);
  });

  test('follows a whole life: start, loss of samples, outage, healing, stop', async () => {
    await page.getByRole('row').nth(3).waitFor();
    desk.feed.emit('levels', LEVELS);
    await page
      .getByRole('meter', { name: 'Left channel true peak' })
      .and(page.locator('[aria-valuenow="-6"]'))
      .waitFor();
    await page.getByText('−22.3').waitFor();
    desk.feed.emit('spectrum', [-80, -20, -60]);
    await page.getByRole('img', { name: /loudest around 40 Hz/ }).waitFor();

    const lost = { ...ALERT, kind: 'samples-lost', severity: 'warning', message: 'samples were lost: 2 gaps' } as const;
    say({ captured: { frames: 1, gaps: 2, lostMs: 80 }, alerts: { active: [lost], past: [], raised: 1 } });
    await page.getByRole('alert').getByText('Warning: samples were lost: 2 gaps').waitFor();
    expect(await page.getByText('all is well').count()).toBe(0);

    const waiting = [segment(371), { ...segment(372, 'queued'), hq: 'failed', lq: 'uploading' } as const];
    say({
      segments: waiting,
      queue: { segments: 7, bytes: 14_000_000 },
      spool: { memoryBytes: 0, diskBytes: 14_000_000, oldestSeconds: 71 },
      lastError: { message: 'the bucket said 503', atMs: 0 },
      alerts: { active: [ALERT], past: [], raised: 2 },
    });
    await page.getByRole('alert').getByText('Critical: the bucket does not take segments').waitFor();
    await page.getByRole('alert').getByText('radio doctor').waitFor();
    await page.getByText('the bucket said 503').waitFor();
    expect(await page.getByRole('row', { name: /372/ }).textContent()).toMatch(/failed.*uploading/s);
    await page.getByText('7 segments, 14.0 MB, oldest 71 s').waitFor();

    say({
      segments: [segment(371), segment(372)],
      alerts: { active: [], past: [{ ...ALERT, clearedAtMs: ALERT.raisedAtMs + 90_000 }], raised: 2 },
    });
    await page.getByText('all is well').waitFor();
    await page.getByText('for 1m 30s').waitFor();

    await page.getByRole('button', { name: 'Stop…' }).click();
    await page.getByRole('button', { name: 'Take off the air' }).click();
    await expect.poll(() => desk.asked).toContain('stop');
    say({ onAir: 'off' });
    await page.getByRole('status').getByText('Off the air', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Go on the air' }).click();
    await expect.poll(() => desk.asked).toContain('start');
    expect(problems).toEqual([]);
  });

  test('is used with the keyboard alone', async () => {
    await page.getByRole('textbox', { name: 'Title' }).focus();
    await page.keyboard.type('Nocturne');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Field');
    await page.keyboard.press('Enter');
    await page.getByText('Listeners are told.').waitFor();
    expect(desk.titles).toEqual([{ title: 'Nocturne', artist: 'Field' }]);
    await page.getByRole('textbox', { name: 'Title' }).fill('Side B');
    await page.getByRole('button', { name: 'Mark the recording only' }).press('Enter');
    await page.getByText('The recording is marked.').waitFor();
    expect(desk.asked).toContain('cue Side B');
    await page.getByRole('button', { name: 'Stop…' }).press('Enter');
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    await page.getByRole('button', { name: 'Stop…' }).waitFor();
    expect(desk.asked).not.toContain('stop');
  });

  test('shows the day, the log, and a player when it is wanted', async () => {
    const minute = { peakDbfs: -3, loudness: -18, queuedSegments: 0, putP95Ms: 300, sentBps: 1.6e6, gaps: 0 };
    const [before, now] = [Date.now() - 120_000, Date.now() - 60_000];
    desk.history = {
      minutes: [
        { ...minute, atMs: before },
        { ...minute, atMs: now, loudness: -16.5 },
      ],
    };
    desk.logLines = [{ atMs: now, level: 'warn', message: '<i>odd</i>' }];
    await page.reload();
    await page.getByRole('img', { name: /Short-term loudness: −16.5 LUFS now, −18.0 LUFS to −16.5 LUFS/ }).waitFor();
    await page.getByRole('region', { name: /Log/ }).last().getByText('<i>odd</i>').waitFor();
    await page.getByRole('button', { name: 'Listen', exact: true }).click();
    await page.locator('radio-player').getByRole('button', { name: /play/i }).waitFor();
    expect(problems).toEqual([]);
  });

  test('says when the station is gone, and comes back with it', async () => {
    await page.getByRole('status').getByText('On air').waitFor();
    const { port } = listener;
    await listener.close();
    await page.getByRole('status').getByText('No connection to the station').waitFor();
    desk.now = { ...STATUS, station: 'Again' };
    listener = await listen(monitor(), { host: '127.0.0.1', port, what: 'the monitor', variable: 'X' });
    await page.getByRole('heading', { name: 'Again' }).waitFor();
    await page.getByRole('status').getByText('On air').waitFor();
  });
});
