import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserListening } from '../test/browser-listening.ts';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { PageServer } from '../test/page-server.ts';
import { align, matches, type Recording } from '../test/recording.ts';
import { FADE_FRAMES } from './engine/output/protocol.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
/** Joins across which every sample is compared: 63 at scale 9. */
const JOINS = Math.ceil(7 * SCALE);
const SECONDS = 76 + 2 * JOINS;
const HEAD = 6;
/** Waiting for a turn counts too, and a busy machine may be ten times slower than an idle one. */
const PATIENCE_MS = 600_000;

const available = serviceOrSkip('chromium').available && serviceOrSkip('ffmpeg').available;

/** A busy machine may stop a page for a second: 2.6 s in hand, so that what is tested is the player. */
const STEADY = { latencyMode: 'stable' };

/** The player's files that the page has loaded. */
const LOADED = `performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => /\\/radio-player/.test(name)).join(' ')`;

/** Longest silence in the recording after its first sound, in frames. */
function longestSilence({ left, right }: Recording, from: number): number {
  let longest = 0;
  for (let i = from, run = 0; i < left.length; i++) {
    run = left[i] === 0 && right[i] === 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

function rms({ left }: Recording, from: number, frames: number): number {
  return Math.sqrt(left.subarray(from, from + frames).reduce((sum, value) => sum + value ** 2, 0) / frames);
}

/** The lag, in frames, at which `frames` of the recording resemble the source most. */
function bestLag({ left }: Recording, pcm: Int32Array, from: number, frame: number, frames: number): number {
  const correlation = (lag: number) => {
    let sum = 0;
    for (let i = 0; i < frames; i++) sum += (left[from + i] as number) * (pcm[(frame + i + lag) * 2] as number);
    return sum;
  };
  const lags = Array.from({ length: 801 }, (_, i) => i - 400);
  return lags.reduce((best, lag) => (correlation(lag) > correlation(best) ? lag : best));
}

describe.skipIf(!available)('the engine in Chromium', () => {
  const pages = new PageServer();
  const pcm = randomPcm(SECONDS * 48_000, 6 + SEED);
  const fixture = available ? makeFixture(pcm, 1) : undefined;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    origin = await pages.listen();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    pages.close();
  });

  /** Tests wait for a station that plays in real time, so they wait side by side. */
  const test = (title: string, body: (l: BrowserListening) => Promise<void>, query: string = '') =>
    it.concurrent(
      title,
      () => BrowserListening.run({ browser, pages, url: `${origin}${query}`, fixture: fixture!, head: HEAD }, body),
      PATIENCE_MS,
    );

  test(`plays hq bit for bit across at least ${JOINS - 2} joins, under a strict CSP, from another origin`, async (l) => {
    await l.start({ ...STEADY, quality: 'hq' });
    await l.heard(/hq true/, JOINS);
    const { bitPerfect, bitPerfectFailed, underruns, latencySeconds } = await l.stats();
    const positions = await l.page.evaluate<{ frame: number; contextFrame: number }[]>('radio.positions');
    const recording = await l.record();
    const { from, sourceFrame } = align(recording, pcm);
    const exact = matches(recording, pcm, from, sourceFrame, Number.POSITIVE_INFINITY);
    expect(exact).toBe(recording.left.length - from);
    const joins = Math.floor((sourceFrame + exact) / 48_000) - Math.floor(sourceFrame / 48_000);
    expect(joins).toBeGreaterThanOrEqual(JOINS - 2);
    process.stdout.write(`worklet: ${exact} frames across ${joins} joins, 0 wrong, 0 missing\n`);
    expect({ bitPerfect, bitPerfectFailed, underruns }).toEqual({
      bitPerfect: 'verified',
      bitPerfectFailed: 0,
      underruns: 0,
    });
    expect(latencySeconds).toBeGreaterThan(1);
    // No WebAssembly, nor anything else that Chromium has itself.
    expect(await l.page.evaluate(LOADED)).toMatch(/^\S+\/radio-player\.js$/);
    expect((await l.events()).filter((event) => event.startsWith('error'))).toEqual([]);
    const media = l.bucket.requests.filter((path) => path.endsWith('.mp4'));
    expect(new Set(media).size).toBe(media.length);
    expect(l.bucket.requests.some((path) => path.includes('/lq/'))).toBe(false);
    // And every report says which station frame left the page at which moment of the context. (The context's own
    // counter may jump: browsers leave out what a busy sound device asked for too late.)
    const heardAt = new Map(Array.from(recording.contextFrame, (at, i) => [at, sourceFrame + i - from] as const));
    const recorded = positions.filter(({ contextFrame }) => heardAt.has(contextFrame));
    expect(recorded.length).toBeGreaterThan(5);
    for (const { frame, contextFrame } of recorded) expect(frame).toBe(heardAt.get(contextFrame));
  });

  test('changes hq → lq → hq at segment boundaries without a gap: exact but for a fade, and lq plays the same frames', async (l) => {
    await l.start({ ...STEADY, quality: 'hq' });
    await l.heard(/hq true/, 1);
    await l.page.evaluate(`radio.engine.setQuality('lq')`);
    await l.heard(/ lq /, 2);
    await l.page.evaluate(`radio.engine.setQuality('hq')`);
    await l.until(`/ lq .* hq true .* hq true/.test(radio.events.filter((event) => /segment/.test(event)).join(' '))`);
    expect((await l.stats()).underruns).toBe(0);
    const recording = await l.record();
    const { from, sourceFrame } = align(recording, pcm);
    expect(longestSilence(recording, from)).toBe(0);
    const segments = (await l.events()).filter((event) => event.startsWith('segment'));
    // A segment is told again when its check is done.
    const heard = [...new Set(segments.map((event) => event.split(' ').slice(1, 3).join(' ')))];
    expect(heard.map((event) => event.split(' ')[1]).join(' ')).toMatch(/^(hq )+(lq )+(hq ?)+$/);
    const lq = heard.filter((event) => event.endsWith('lq')).map((event) => Number(event.split(' ')[0]));
    const at = (frame: number) => from + frame - sourceFrame;
    for (const index of lq) {
      // hq is exact up to the boundary, then lq resembles the source most where it should lie.
      expect(bestLag(recording, pcm, at(index * 48_000), index * 48_000, 4800)).toBe(0);
    }
    const to = lq[0]! * 48_000;
    const back = (lq.at(-1)! + 1) * 48_000;
    const before = matches(recording, pcm, from, sourceFrame, Number.POSITIVE_INFINITY);
    // hq is exact up to the fade, and from the end of the fade back on; the fades are as loud as what is around them.
    expect(sourceFrame + before).toBe(to - FADE_FRAMES);
    expect(matches(recording, pcm, at(back) + FADE_FRAMES, back + FADE_FRAMES, 24_000)).toBe(24_000);
    expect(recording.left[at(back)]).not.toBe(pcm[back * 2]);
    for (const fade of [at(to) - FADE_FRAMES, at(back)]) {
      const loudness = rms(recording, fade, FADE_FRAMES) / rms(recording, fade - 4800, 9600);
      expect(loudness).toBeGreaterThan(0.8);
      expect(loudness).toBeLessThan(1.25);
    }
  });

  test('decodes hq exactly without WebCodecs too', async (l) => {
    await l.page.evaluate('delete window.AudioDecoder');
    await l.start(STEADY);
    await l.heard(/hq true/, 3);
    const recording = await l.record();
    const { from, sourceFrame } = align(recording, pcm);
    const exact = matches(recording, pcm, from, sourceFrame, Number.POSITIVE_INFINITY);
    expect(exact).toBe(recording.left.length - from);
    expect(l.bucket.requests.some((path) => path.includes('/lq/'))).toBe(false);
  });

  test(
    'decodes in WebAssembly where there is nothing else: hq exactly, lq in its place, and hq again',
    async (l) => {
      await l.page.evaluate('delete window.AudioDecoder; delete window.OfflineAudioContext');
      await l.start({ ...STEADY, quality: 'hq' });
      await l.heard(/hq true/, 2);
      await l.page.evaluate(`radio.engine.setQuality('lq')`);
      await l.heard(/ lq /, 2);
      await l.page.evaluate(`radio.engine.setQuality('hq')`);
      await l.until(`/ lq .* hq true/.test(radio.events.filter((event) => /segment/.test(event)).join(' '))`);
      const recording = await l.record();
      const { from, sourceFrame } = align(recording, pcm);
      expect(longestSilence(recording, from)).toBe(0);
      const exact = matches(recording, pcm, from, sourceFrame, Number.POSITIVE_INFINITY);
      const lq = sourceFrame + exact + FADE_FRAMES;
      expect(lq % 48_000).toBe(0);
      expect(bestLag(recording, pcm, from + lq - sourceFrame, lq, 4800)).toBe(0);
      expect(await l.page.evaluate(LOADED)).toMatch(/wasm-flac.*wasm-opus/);
    },
    '?wasm',
  );

  test('comes back by itself after every kind of fault at once, exact again from 5 ms after the underrun on', async (l) => {
    await l.start({ quality: 'hq' });
    await l.heard(/hq true/, 2);
    let n = 0;
    l.bucket.fault = () => ([404, 503, 'drop'] as const)[n++ % 3];
    await l.until(`radio.events.lastIndexOf('state rebuffering') > radio.events.findIndex((e) => /^error/.test(e))
      && radio.events.some((e) => /^error/.test(e))`);
    l.bucket.fault = () => undefined;
    await l.seen('recovered');
    const { length } = await l.events();
    await l.heard(/hq true/, 3, length);
    expect((await l.events()).filter((event) => event.startsWith('error')).length).toBeGreaterThan(0);
    expect(await l.page.evaluate('radio.engine.error')).toBeUndefined();
    const recording = await l.record();
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
    expect(after).toBeGreaterThan(24_000);
  });

  test('tells of a title within 50 ms of the moment when its first frame is at the ear', async (l) => {
    l.bucket.nowPlaying = (latest) => ({ frame: latest * 48_000 + 20_000, title: `Title ${latest}` });
    await l.start({ ...STEADY, quality: 'hq' });
    await l.until('radio.titles.length >= 6');
    const titles = await l.page.evaluate<{ frame: number; earFrame: number }[]>('radio.titles');
    // The first is what was on already.
    const errors = titles.slice(1).map(({ frame, earFrame }) => Math.abs(earFrame - frame) / 48);
    process.stdout.write(`titles told ${errors.map((ms) => ms.toFixed(0)).join(', ')} ms from their frames\n`);
    expect(errors.toSorted((a, b) => a - b)[Math.floor(errors.length / 2)]).toBeLessThanOrEqual(50);
  });

  test('waits while the station is off the air and goes on by itself', async (l) => {
    await l.start();
    await l.heard(/hq true/, 1);
    l.bucket.signOff();
    await l.seen('state offline');
    l.bucket.signOn();
    await l.until(`radio.events.lastIndexOf('state playing') > radio.events.indexOf('state offline')`);
  });

  test('makes samples quieter at a lower volume, and exact again at full volume', async (l) => {
    await l.start({ ...STEADY, quality: 'hq', volume: 0.5 });
    await l.heard(/hq true/, 1);
    expect((await l.stats()).bitPerfect).toBe('volume');
    await l.page.evaluate('radio.blocks.length = 0');
    await l.until('radio.blocks.length > 100');
    const half = await l.record();
    expect(Math.max(...half.left.subarray(0, 9600))).toBeLessThan(0x40_00_00);
    const { length } = await l.events();
    await l.page.evaluate('radio.engine.setVolume(1)');
    await l.heard(/hq true/, 2, length);
    await l.page.evaluate('radio.blocks.length = 0');
    await l.until('radio.blocks.length > 100');
    const full = await l.record();
    const { from, sourceFrame } = align(full, pcm);
    expect(matches(full, pcm, from, sourceFrame, Number.POSITIVE_INFINITY)).toBe(full.left.length - from);
  });

  test('stops, frees nothing it needs, and plays again', async (l) => {
    await l.start();
    await l.heard(/hq true/, 1);
    await l.page.evaluate('radio.engine.stop()');
    await l.until(`radio.engine.outputNode.context.state === 'suspended'`);
    await l.page.evaluate('radio.events.length = 0; radio.engine.play()');
    await l.seen('state playing');
    await l.page.evaluate('radio.engine.dispose()');
    await l.page.evaluate('radio.events.length = 0; radio.engine.play()');
    await l.seen('state playing');
  });
});
