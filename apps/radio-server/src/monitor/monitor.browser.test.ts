import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Listener, listen } from '../http/listen.ts';
import type { Levels, SegmentStatus, StationStatus } from '../status.ts';
import { freePort } from '../testing/station-process.ts';
import { bundleMonitor } from './bundle.ts';
import { createMonitor, MonitorFeed } from './server.ts';

const segment = (index: number, state: SegmentStatus['state'] = 'live'): SegmentStatus => ({
  index,
  state,
  utcMs: Date.UTC(2026, 10, 20, 20) + index * 10_000,
  hqBytes: 1_900_400 + index,
  lqBytes: 161_000,
  publishMs: state === 'live' ? 42.4 : null,
});

const STATUS: StationStatus = {
  station: 'Harbour <b>Radio</b>',
  state: 'live',
  epoch: '01JD5XQ0000000000000000000',
  startedAtMs: Date.now() - 3_725_000,
  segmentSeconds: 10,
  source: {
    kind: 'alsa',
    name: 'hw:CARD=USB',
    detail: 'ALSA hw:CARD=USB: 48000 Hz 24 bit stereo',
    fidelity: 'bit-perfect',
    bitDepth: 24,
  },
  backends: { flac: 'native', opus: 'wasm' },
  captured: { frames: 3_725 * 48_000, gaps: 1, lostMs: 12.4 },
  store: { kind: 's3', name: 'harbour at s3.example', clock: { offsetMs: 12, errorMs: 20 } },
  queue: { segments: 0, bytes: 0 },
  window: { first: 369, latest: 371 },
  segments: [segment(370, 'deleted'), segment(371), segment(372, 'queued')],
  archive: { state: 'recording', file: '2026/11/20/200000Z.flac', bytes: 712_345_678, seconds: 3_725, hoursLeft: 40 },
  lastError: null,
  links: {
    site: 'http://localhost:3000',
    manifest: 'http://localhost:9000/radio/live/manifest.json',
    hls: 'http://localhost:9000/radio/live/index.m3u8',
  },
};

const LEVELS: Levels = {
  peakDbfs: [-6.02, -150],
  rmsDbfs: [-18, -150],
  vuDbfs: [-17, -150],
  maxPeakDbfs: [-5, -150],
  loudness: { momentary: -20.1, shortTerm: -21.2, integrated: -22.3, range: 6.4 },
};

describe.skipIf(!serviceOrSkip('chromium').available)('the monitor page', () => {
  let browser: Browser;
  let page: Page;
  let feed: MonitorFeed;
  let listener: Listener;
  let status: StationStatus | null;
  let problems: string[];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    feed = new MonitorFeed();
    status = STATUS;
    const app = createMonitor({ feed, status: () => status, files: bundleMonitor });
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
    feed.emit('levels', LEVELS);
    await page
      .getByRole('meter', { name: 'Left channel peak level' })
      .and(page.locator('[aria-valuenow="-6"]'))
      .waitFor();
    await page.getByText('−6.0').waitFor();
    feed.emit('segment', segment(372));
    feed.emit('segment', segment(373, 'queued'));
    await page.getByRole('row', { name: /373/ }).waitFor();
    expect(await page.getByRole('row', { name: /372/ }).textContent()).toMatch(/42\s+live/);
    feed.emit('status', { ...STATUS, state: 'stopping', lastError: { message: 'the bucket said 503', atMs: 0 } });
    await page.getByRole('alert').getByText('the bucket said 503').waitFor();
    await page.getByRole('status').getByText('Stopping').waitFor();
    expect(problems).toEqual([]);
  });

  test('says when the station is gone, and comes back with it', async () => {
    await page.getByRole('status').getByText('On air').waitFor();
    const { port } = listener;
    await listener.close();
    await page.getByRole('status').getByText('No connection to the station').waitFor();
    status = { ...STATUS, station: 'Again' };
    listener = await listen(createMonitor({ feed, status: () => status, files: bundleMonitor }), {
      host: '127.0.0.1',
      port,
      what: 'the monitor',
      variable: 'X',
    });
    await page.getByRole('heading', { name: 'Again' }).waitFor();
    await page.getByRole('status').getByText('On air').waitFor();
  });
});
