import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { PageServer } from '../test/page-server.ts';
import { align, matches, readRecording } from '../test/recording.ts';
import { RollingBucket } from '../test/rolling-bucket.ts';
import type { RadioStats } from './engine/types.ts';

const SECONDS = 60;
const available = serviceOrSkip('chromium').available && serviceOrSkip('ffmpeg').available;

describe.skipIf(!available)('the element engine in Chromium', () => {
  const pages = new PageServer();
  const pcm = randomPcm(SECONDS * 48_000, 11);
  const fixture = available ? makeFixture(pcm, 1) : undefined;
  let browser: Browser;
  let origin: string;
  let bucket: RollingBucket;
  let page: Page;
  let src: string;

  beforeAll(async () => {
    origin = await pages.listen();
    browser = await launchChromium({ args: ['--host-resolver-rules=MAP insecure.test 127.0.0.1'] });
  });
  afterAll(async () => {
    await browser?.close();
    pages.close();
  });
  beforeEach(async () => {
    bucket = new RollingBucket({ fixture: fixture!, segmentSeconds: 1, windowSegments: 5, head: 3 });
    src = await bucket.listen();
    page = await browser.newPage();
  });
  afterEach(async () => {
    await page.close();
    bucket.close();
  });

  const until = (condition: string) =>
    page.evaluate(`new Promise((resolve, reject) => {
      const giveUp = performance.now() + 40_000;
      const look = () => {
        if (${condition}) resolve();
        else if (performance.now() > giveUp) reject(new Error('did not happen: ' + radio.events.join(', ')));
        else setTimeout(look, 50);
      };
      look();
    })`);
  const open = async (url: string, options: object) => {
    await page.goto(url);
    await page.waitForLoadState('load');
    await page.evaluate(`startRadio(${JSON.stringify({ src, ...options })})`);
  };

  it('plays hq bit for bit through a media element, and hq again after lq without a gap', async () => {
    await open(`${origin}?media`, { kind: 'element', quality: 'hq' });
    await until(`radio.events.includes('segment 8 hq -')`);
    await page.evaluate(`radio.engine.setQuality('lq')`);
    await until(`radio.events.filter((event) => / lq /.test(event)).length >= 2`);
    await page.evaluate(`radio.engine.setQuality('hq')`);
    await until(`/ lq .* hq .* hq .* hq /.test(radio.events.filter((event) => /segment/.test(event)).join(' '))`);
    const stats = await page.evaluate<RadioStats>('radio.engine.stats');
    await page.evaluate('sendRecording()');
    const recording = readRecording(pages.recording);
    const { from, sourceFrame } = align(recording, pcm);
    const exact = matches(recording, pcm, from, sourceFrame, Number.POSITIVE_INFINITY);
    const events = await page.evaluate<string[]>('radio.events');
    const lq = events.filter((event) => event.includes(' lq ')).map((event) => Number(event.split(' ')[1]));
    expect(sourceFrame + exact).toBe((lq[0] ?? 0) * 48_000);
    expect(exact).toBeGreaterThan(4 * 48_000);
    // hq again, after lq: exactly where it belongs, so lq lasted exactly as long as it should.
    const back = ((lq.at(-1) ?? 0) + 1) * 48_000;
    const at = from + back - sourceFrame;
    const again = matches(recording, pcm, at, back, Number.POSITIVE_INFINITY);
    expect(again).toBe(recording.left.length - at);
    expect(again).toBeGreaterThan(48_000);
    expect(stats).toMatchObject({ underruns: 0, state: 'playing', bitPerfect: 'unverified' });
    expect(events.filter((event) => event.startsWith('error'))).toEqual([]);
  });

  it('plays on plain http, where there is neither Web Audio worklet nor WebCodecs: no badge, no error', async () => {
    await open(`${origin.replace('127.0.0.1', 'insecure.test')}?media`, {});
    expect(await page.evaluate('isSecureContext')).toBe(false);
    await until(`radio.events.filter((event) => /segment \\d+ hq/.test(event)).length >= 3`);
    const stats = await page.evaluate<RadioStats>('radio.engine.stats');
    expect(stats).toMatchObject({ underruns: 0, state: 'playing', bitPerfect: 'unverified' });
    expect(stats.latencySeconds).toBeLessThan(6);
    const events = await page.evaluate<string[]>('radio.events');
    expect(events.filter((event) => event.startsWith('error'))).toEqual([]);
  });

  it('pauses, goes on where it was, goes live, comes back after an outage', async () => {
    await open(`${origin}?media`, { kind: 'element' });
    await until(`radio.engine.state === 'playing'`);
    const frame = await page.evaluate<number>(`radio.engine.stats.frame`);
    await page.evaluate(`radio.engine.pause()`);
    await page.evaluate(`radio.events.length = 0; radio.engine.play()`);
    await until(`radio.engine.state === 'playing'`);
    const resumed = await page.evaluate<number>(`radio.engine.stats.frame`);
    expect(Math.abs(resumed - frame)).toBeLessThan(48_000);
    await page.evaluate(`radio.engine.goLive()`);
    await until(`radio.engine.state === 'playing' && !radio.engine.stats.shifted`);
    bucket.fault = () => 503;
    await until(`radio.events.includes('state rebuffering')`);
    bucket.fault = () => undefined;
    await until(`radio.events.lastIndexOf('state playing') > radio.events.lastIndexOf('state rebuffering')`);
  });
});
