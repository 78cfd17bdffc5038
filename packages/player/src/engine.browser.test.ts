import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { PageServer } from '../test/page-server.ts';
import { align, matches, type Recording, readRecording } from '../test/recording.ts';
import { RollingBucket } from '../test/rolling-bucket.ts';
import { FADE_FRAMES } from './engine/output/protocol.ts';
import type { RadioStats } from './engine/types.ts';

const SECONDS = 60;
const HEAD = 3;
const available = serviceOrSkip('chromium').available && serviceOrSkip('ffmpeg').available;

/** Longest silence in the recording after its first sound, in frames. */
function longestSilence({ left, right }: Recording, from: number): number {
  let longest = 0;
  for (let i = from, run = 0; i < left.length; i++) {
    run = left[i] === 0 && right[i] === 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** The lag, in frames, at which `frames` of the recording resemble the source most. */
function bestLag({ left }: Recording, pcm: Int32Array, from: number, frame: number, frames: number): number {
  const correlation = (lag: number) => {
    let sum = 0;
    for (let i = 0; i < frames; i++) sum += (left[from + i] as number) * (pcm[(frame + i + lag) * 2] as number);
    return sum;
  };
  const lags = Array.from({ length: 2001 }, (_, i) => i - 1000);
  return lags.reduce((best, lag) => (correlation(lag) > correlation(best) ? lag : best));
}

describe.skipIf(!available)('the engine in Chromium', () => {
  const pages = new PageServer();
  const pcm = randomPcm(SECONDS * 48_000, 7);
  const fixture = available ? makeFixture(pcm, 1) : undefined;
  let browser: Browser;
  let origin: string;
  let bucket: RollingBucket;
  let page: Page;
  let src: string;

  beforeAll(async () => {
    origin = await pages.listen();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    pages.close();
  });
  beforeEach(async () => {
    bucket = new RollingBucket({ fixture: fixture!, segmentSeconds: 1, windowSegments: 5, head: HEAD });
    src = await bucket.listen();
    page = await browser.newPage();
    await page.goto(origin);
    await page.waitForLoadState('load');
  });
  afterEach(async () => {
    await page.close();
    bucket.close();
  });

  const start = (options: object = {}) => page.evaluate(`startRadio(${JSON.stringify({ src, ...options })})`);
  // As one expression: `waitForFunction` needs `unsafe-eval`, which the page's policy rightly forbids.
  const until = (condition: string) =>
    page.evaluate(`new Promise((resolve, reject) => {
      const giveUp = performance.now() + 40_000;
      const look = () => {
        if (${condition}) resolve();
        else if (performance.now() > giveUp) reject(new Error('did not happen: ' + radio.events.join(', ')));
        else requestAnimationFrame(look);
      };
      look();
    })`);
  const seen = (event: string) => until(`radio.events.includes(${JSON.stringify(event)})`);
  const events = (): Promise<string[]> => page.evaluate('radio.events');
  const stats = (): Promise<RadioStats> => page.evaluate('radio.engine.stats');
  const segments = async () => (await events()).filter((event) => event.startsWith('segment'));
  const record = async () => {
    await page.evaluate('sendRecording()');
    return readRecording(pages.recording);
  };

  it('plays hq bit for bit across at least five joins, under a strict CSP, from another origin', async () => {
    await start({ quality: 'hq' });
    await seen(`segment ${HEAD + 7} hq true`);
    const { bitPerfect, bitPerfectFailed, underruns, latencySeconds } = await stats();
    const recording = await record();
    const { from, sourceFrame } = align(recording, pcm);
    const exact = matches(recording, pcm, from, sourceFrame, Number.POSITIVE_INFINITY);
    expect(exact).toBe(recording.left.length - from);
    const joins = Math.floor((sourceFrame + exact) / 48_000) - Math.floor(sourceFrame / 48_000);
    expect(joins).toBeGreaterThanOrEqual(5);
    expect({ bitPerfect, bitPerfectFailed, underruns }).toEqual({
      bitPerfect: 'verified',
      bitPerfectFailed: 0,
      underruns: 0,
    });
    expect(latencySeconds).toBeGreaterThan(1);
    expect((await events()).filter((event) => event.startsWith('error'))).toEqual([]);
    const media = bucket.requests.filter((path) => path.endsWith('.mp4'));
    expect(new Set(media).size).toBe(media.length);
    expect(bucket.requests.some((path) => path.includes('/lq/') || path.includes('retry'))).toBe(false);
  });

  it('reports which station frame leaves the page at which moment of the context', async () => {
    await start({ quality: 'hq' });
    await seen(`segment ${HEAD + 2} hq true`);
    const positions = await page.evaluate<{ frame: number; contextFrame: number }[]>('radio.positions');
    const recording = await record();
    const { from, sourceFrame } = align(recording, pcm);
    const offset = sourceFrame - (recording.contextFrame[from] as number);
    expect(positions.length).toBeGreaterThan(5);
    for (const { frame, contextFrame } of positions) expect(frame - contextFrame).toBe(offset);
  });

  it('changes hq → lq → hq at segment boundaries without a gap, and lq plays the same frames', async () => {
    await start({ quality: 'hq' });
    await seen(`segment ${HEAD + 1} hq true`);
    await page.evaluate(`radio.engine.setQuality('lq')`);
    await until(`radio.events.filter((event) => / lq /.test(event)).length >= 3`);
    await page.evaluate(`radio.engine.setQuality('hq')`);
    await until(`/ lq .* hq true .* hq true/.test(radio.events.filter((event) => /segment/.test(event)).join(' '))`);
    expect((await stats()).underruns).toBe(0);
    const recording = await record();
    const { from, sourceFrame } = align(recording, pcm);
    expect(longestSilence(recording, from)).toBe(0);
    const order = (await segments()).map((event) => event.split(' ')[2]).join(' ');
    expect(order).toMatch(/^(hq )+(lq )+(hq ?)+$/);
    const lq = (await segments()).filter((event) => event.includes('lq')).map((event) => Number(event.split(' ')[1]));
    const at = (frame: number) => from + frame - sourceFrame;
    for (const index of lq) {
      // hq is exact up to the boundary, then lq resembles the source most where it should lie.
      expect(bestLag(recording, pcm, at(index * 48_000), index * 48_000, 9600)).toBe(0);
    }
    const back = (lq.at(-1)! + 1) * 48_000;
    const before = matches(recording, pcm, from, sourceFrame, Number.POSITIVE_INFINITY);
    expect(sourceFrame + before).toBe(lq[0]! * 48_000);
    expect(matches(recording, pcm, at(back), back, 24_000)).toBe(24_000);
  });

  it('decodes hq exactly without WebCodecs too', async () => {
    await page.evaluate('delete window.AudioDecoder');
    await start();
    await seen(`segment ${HEAD + 3} hq true`);
    const recording = await record();
    const { from, sourceFrame } = align(recording, pcm);
    const exact = matches(recording, pcm, from, sourceFrame, Number.POSITIVE_INFINITY);
    expect(exact).toBe(recording.left.length - from);
    expect(bucket.requests.some((path) => path.includes('/lq/'))).toBe(false);
  });

  it('is exact again from 5 ms after an underrun on', async () => {
    await start({ quality: 'hq' });
    await seen(`segment ${HEAD + 1} hq true`);
    bucket.fault = () => 503;
    await seen('state rebuffering');
    bucket.fault = () => undefined;
    await seen('recovered');
    await until(
      `radio.events.slice(radio.events.indexOf('state rebuffering')).filter((e) => /true/.test(e)).length > 2`,
    );
    expect((await stats()).underruns).toBe(1);
    const recording = await record();
    const { from, sourceFrame } = align(recording, pcm);
    const before = matches(recording, pcm, from, sourceFrame, Number.POSITIVE_INFINITY);
    const silent = recording.left.findIndex((value, i) => i > from + before + FADE_FRAMES && value !== 0);
    const rest = {
      contextFrame: recording.contextFrame.subarray(silent),
      left: recording.left.subarray(silent),
      right: recording.right.subarray(silent),
    };
    const again = align(rest, pcm);
    const after = matches(rest, pcm, again.from, again.sourceFrame, Number.POSITIVE_INFINITY);
    expect(after).toBe(rest.left.length - again.from);
  });

  it.each([404, 503, 'drop'] as const)('comes back by itself after everything failed (%s)', async (fault) => {
    await start();
    await seen(`segment ${HEAD + 1} hq true`);
    bucket.fault = () => fault;
    await seen('state rebuffering');
    bucket.fault = () => undefined;
    await seen('recovered');
    await until(`radio.engine.state === 'playing' && radio.engine.stats.latencySeconds < 12`);
    expect((await events()).filter((event) => event.startsWith('error')).length).toBeGreaterThan(0);
    expect(await page.evaluate('radio.engine.error')).toBeUndefined();
  });

  it('waits while the station is off the air and goes on by itself', async () => {
    await start();
    await seen(`segment ${HEAD + 1} hq true`);
    bucket.signOff();
    await seen('state offline');
    bucket.signOn();
    await until(`radio.events.lastIndexOf('state playing') > radio.events.indexOf('state offline')`);
    expect((await stats()).underruns).toBe(0);
  });

  it('makes samples quieter at a lower volume, and exact again at full volume', async () => {
    await start({ quality: 'hq', volume: 0.5 });
    await seen(`segment ${HEAD + 1} hq true`);
    expect((await stats()).bitPerfect).toBe('volume');
    await page.evaluate('radio.blocks.length = 0');
    await until('radio.blocks.length > 100');
    const half = await record();
    expect(Math.max(...half.left.subarray(0, 9600))).toBeLessThan(0x40_00_00);
    await page.evaluate('radio.engine.setVolume(1)');
    await seen(`segment ${HEAD + 3} hq true`);
    await page.evaluate('radio.blocks.length = 0');
    await until('radio.blocks.length > 100');
    const full = await record();
    const { from, sourceFrame } = align(full, pcm);
    expect(matches(full, pcm, from, sourceFrame, Number.POSITIVE_INFINITY)).toBe(full.left.length - from);
  });

  it('stops, frees nothing it needs, and plays again', async () => {
    await start();
    await seen(`segment ${HEAD + 1} hq true`);
    await page.evaluate('radio.engine.stop()');
    await until(`radio.engine.outputNode.context.state === 'suspended'`);
    await page.evaluate('radio.events.length = 0; radio.engine.play()');
    await seen('state playing');
    await page.evaluate('radio.engine.dispose()');
    await page.evaluate('radio.events.length = 0; radio.engine.play()');
    await seen('state playing');
  });
});
