import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserListening } from '../test/browser-listening.ts';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { PageServer } from '../test/page-server.ts';
import { align, matches } from '../test/recording.ts';
import { FADE_FRAMES } from './engine/output/protocol.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
/** Segments of hq that are compared before lq: 63 at scale 9. */
const JOINS = Math.ceil(SCALE <= 1 ? 4 : 7 * SCALE);
const SECONDS = 76 + 2 * JOINS;
/** Waiting for a turn counts too, and a busy machine may be ten times slower than an idle one. */
const PATIENCE_MS = 600_000;

/** Enough in hand for a machine that is busy, so that what is tested is the player. */
const STEADY = { quality: 'hq', latencyMode: 'stable' };

const available = serviceOrSkip('chromium').available && serviceOrSkip('ffmpeg').available;

describe.skipIf(!available)('the element engine in Chromium', () => {
  const pages = new PageServer();
  const pcm = randomPcm(SECONDS * 48_000, 10 + SEED);
  const fixture = available ? makeFixture(pcm, 1) : undefined;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    origin = `${await pages.listen()}?media`;
    browser = await launchChromium({ args: ['--host-resolver-rules=MAP insecure.test 127.0.0.1'] });
  });
  afterAll(async () => {
    await browser?.close();
    pages.close();
  });

  /** Tests wait for a station that plays in real time, so they wait side by side. */
  const test = (title: string, body: (l: BrowserListening) => Promise<void>, host: string = '127.0.0.1') =>
    it.concurrent(
      title,
      () => {
        const url = origin.replace('127.0.0.1', host);
        return BrowserListening.run({ browser, pages, url, fixture: fixture!, head: 6 }, body);
      },
      PATIENCE_MS,
    );

  test('plays hq bit for bit through a media element, and hq again after lq without a gap', async (l) => {
    await l.start({ kind: 'element', latencyMode: 'stable', quality: 'hq' });
    await l.heard(/ hq /, JOINS);
    await l.page.evaluate(`radio.engine.setQuality('lq')`);
    await l.heard(/ lq /, 2);
    await l.page.evaluate(`radio.engine.setQuality('hq')`);
    await l.until(`/ lq .* hq .* hq .* hq /.test(radio.events.filter((event) => /segment/.test(event)).join(' '))`);
    // The browser keeps a few seconds of what was heard, not all of it.
    const kept = await l.page.evaluate<number>(
      '(({ currentTime, buffered }) => currentTime - buffered.start(0))(radio.engine.mediaElement)',
    );
    expect(kept).toBeLessThan(8);
    const stats = await l.stats();
    const recording = await l.record();
    const { from, sourceFrame } = align(recording, pcm);
    const exact = matches(recording, pcm, from, sourceFrame, Number.POSITIVE_INFINITY);
    const events = await l.events();
    const lq = events.filter((event) => event.includes(' lq ')).map((event) => Number(event.split(' ')[1]));
    expect(sourceFrame + exact).toBe((lq[0] ?? 0) * 48_000);
    expect(exact).toBeGreaterThan((JOINS - 1) * 48_000);
    process.stdout.write(`element: ${exact} frames across ${Math.floor(exact / 48_000)} joins, 0 wrong, 0 missing\n`);
    // hq again, after lq: exactly where it belongs, so lq lasted exactly as long as it should.
    const back = ((lq.at(-1) ?? 0) + 1) * 48_000;
    const at = from + back - sourceFrame;
    const again = matches(recording, pcm, at, back, Number.POSITIVE_INFINITY);
    expect(again).toBe(recording.left.length - at);
    expect(again).toBeGreaterThan(48_000);
    expect(stats).toMatchObject({ underruns: 0, state: 'playing', bitPerfect: 'unverified' });
    expect(events.filter((event) => event.startsWith('error'))).toEqual([]);
  });

  test(
    'plays on plain http, where there is neither Web Audio worklet nor WebCodecs: no badge, no error',
    async (l) => {
      expect(await l.page.evaluate('isSecureContext')).toBe(false);
      await l.start({ latencyMode: 'stable' });
      await l.heard(/segment \d+ hq/, 3);
      expect(await l.stats()).toMatchObject({ underruns: 0, state: 'playing', bitPerfect: 'unverified' });
      expect((await l.events()).filter((event) => event.startsWith('error'))).toEqual([]);
    },
    'insecure.test',
  );

  test('takes over from Web Audio and hands back to it, frame by frame', async (l) => {
    await l.start({ kind: 'worklet', ...STEADY });
    await l.heard(/hq true/, 2);
    const there = await l.handOver({ kind: 'element', ...STEADY });
    const worklet = align(there.recording, pcm);
    const heard = matches(there.recording, pcm, worklet.from, worklet.sourceFrame, Number.POSITIVE_INFINITY);
    expect(worklet.sourceFrame + heard).toBe(there.frame);
    await l.heard(/ hq /, 2);
    const back = await l.handOver({ kind: 'worklet', ...STEADY });
    const element = align(back.recording, pcm);
    const start = element.sourceFrame - FADE_FRAMES;
    // MediaSource takes whole blocks of 40 ms.
    expect(start).toBe(Math.floor(there.frame / 1920) * 1920);
    const exact = matches(back.recording, pcm, element.from, element.sourceFrame, Number.POSITIVE_INFINITY);
    process.stdout.write(`the element says that it stopped ${back.frame - element.sourceFrame - exact} frames off\n`);
    await l.heard(/hq true/, 2);
    expect(await l.stats()).toMatchObject({ shifted: false, underruns: 0 });
    // The first report is about the first frame; a recorder is connected a moment later.
    expect(await l.page.evaluate('radio.positions[0].frame')).toBe(back.frame);
  });

  test('a network that does not answer at first is not taken for a browser that withholds the sound', async (l) => {
    l.bucket.fault = () => 503;
    await l.start({ kind: 'element' });
    await l.page.evaluate('globalThis.started = performance.now()');
    // Longer than a browser that withholds it would be given.
    await l.until('performance.now() > started + 3500');
    expect(await l.events()).not.toContain('state stopped');
    l.bucket.fault = () => undefined;
    await l.until(`radio.engine.state === 'playing'`);
  });

  test('pauses, goes on where it was, goes live, comes back after an outage', async (l) => {
    await l.start({ kind: 'element' });
    await l.until(`radio.engine.state === 'playing'`);
    const frame = await l.page.evaluate<number>('radio.engine.stats.frame');
    await l.page.evaluate('radio.engine.pause()');
    await l.page.evaluate('radio.events.length = 0; radio.engine.play()');
    await l.until(`radio.engine.state === 'playing'`);
    const resumed = await l.page.evaluate<{ frame: number; shifted: boolean }>('radio.engine.stats');
    expect(resumed.shifted).toBe(true);
    expect(resumed.frame).toBeGreaterThan(frame - 1920);
    await l.page.evaluate('radio.engine.goLive()');
    await l.until(`radio.engine.state === 'playing' && !radio.engine.stats.shifted`);
    l.bucket.fault = () => 503;
    await l.seen('state rebuffering');
    l.bucket.fault = () => undefined;
    await l.until(`radio.events.lastIndexOf('state playing') > radio.events.lastIndexOf('state rebuffering')`);
  });
});
