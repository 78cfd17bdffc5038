import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserListening } from '../test/browser-listening.ts';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { PageServer } from '../test/page-server.ts';
import { align, matches } from '../test/recording.ts';

const SECONDS = 80;
const PATIENCE_MS = 400_000;

const available = serviceOrSkip('chromium').available && serviceOrSkip('ffmpeg').available;

/** What an old phone lacks. Asked for when an engine is chosen, so it may go after the page was loaded. */
const WITHOUT_MEDIA_SOURCE = 'delete globalThis.MediaSource, delete globalThis.ManagedMediaSource';

describe.skipIf(!available)("the browser's own HLS, in Chromium without MediaSource", () => {
  const pages = new PageServer();
  const pcm = randomPcm(SECONDS * 48_000, 17);
  const fixture = available ? makeFixture(pcm, 1) : undefined;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    origin = `${await pages.listen()}?hls`;
    browser = await launchChromium({ args: ['--host-resolver-rules=MAP insecure.test 127.0.0.1'] });
  });
  afterAll(async () => {
    await browser?.close();
    pages.close();
  });

  /** Older Chromium has no HLS of its own. */
  const playsHls = (l: BrowserListening): Promise<boolean> =>
    l.page.evaluate(`new Audio().canPlayType('application/vnd.apple.mpegurl') !== ''`);

  const test = (title: string, body: (l: BrowserListening) => Promise<void>, host: string = '127.0.0.1') =>
    it.concurrent(
      title,
      (context) => {
        const url = origin.replace('127.0.0.1', host);
        return BrowserListening.run({ browser, pages, url, fixture: fixture!, head: 14 }, async (l) => {
          if (process.env['REQUIRE_SERVICES'] === '1') expect(await playsHls(l)).toBe(true);
          else if (!(await playsHls(l))) context.skip('this Chromium does not play HLS');
          await l.page.evaluate(WITHOUT_MEDIA_SOURCE);
          await body(l);
        });
      },
      PATIENCE_MS,
    );

  test('plays hq bit for bit, says nearly which frame is heard, and changes to lq and back', async (l) => {
    await l.start({ kind: 'element', quality: 'hq' });
    // Segments are told of anew while their place is learned, so it is sound that is counted.
    await l.until(`radio.blocks.filter(({ left }) => left[0] !== 0).length * 128 > ${5 * 48_000}`);
    // Asked for together: between two questions sound goes on.
    const [{ frame = Number.NaN }, recording] = await Promise.all([l.stats(), l.record()]);
    const { from, sourceFrame } = align(recording, pcm);
    const exact = matches(recording, pcm, from, sourceFrame, Number.POSITIVE_INFINITY);
    expect(exact).toBe(recording.left.length - from);
    expect(exact).toBeGreaterThan(3 * 48_000);
    // Chromium tells no dates: the place is learned from what it has, to within a segment.
    const off = frame - sourceFrame - exact;
    process.stdout.write(`hls: ${exact} frames exact; the engine says it is ${off} frames elsewhere\n`);
    expect(Math.abs(off)).toBeLessThan(1.5 * 48_000);
    expect(await l.stats()).toMatchObject({ state: 'playing', bitPerfect: 'unverified', rendition: 'hq' });
    expect(await l.page.evaluate('radio.titles[0].title')).toBe('White Noise');
    await l.page.evaluate(`radio.engine.setQuality('lq')`);
    await l.heard(/ lq /, 2);
    await l.page.evaluate(`radio.events.length = 0; radio.engine.setQuality('hq')`);
    await l.heard(/ hq /, 2);
    expect((await l.events()).filter((event) => event.startsWith('error'))).toEqual([]);
  });

  test(
    'is chosen where there is nothing else, pauses, comes back after an outage, and after a broadcast',
    async (l) => {
      await l.start({});
      await l.until(`radio.engine.state === 'playing'`);
      expect(l.bucket.requests.some((path) => path.startsWith('hq.m3u8'))).toBe(true);
      await l.page.evaluate('radio.engine.pause()');
      expect((await l.stats()).state).toBe('paused');
      await l.page.evaluate('radio.engine.play()');
      await l.until(`radio.engine.state === 'playing'`);
      l.bucket.fault = () => 503;
      await l.seen('state rebuffering');
      l.bucket.fault = () => undefined;
      await l.until(`radio.events.lastIndexOf('state playing') > radio.events.lastIndexOf('state rebuffering')`);
      l.bucket.signOff();
      await l.seen('state offline');
      l.bucket.signOn();
      await l.until(`radio.events.lastIndexOf('state playing') > radio.events.lastIndexOf('state offline')`);
    },
    'insecure.test',
  );
});
