import { launchFirefox, serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserListening, type DrivenPage } from '../test/browser-listening.ts';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { PageServer } from '../test/page-server.ts';
import { align, matches, type Recording } from '../test/recording.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
/** Segments of hq that are compared: 63 at scale 9. */
const HEARD = Math.ceil(SCALE <= 1 ? 5 : 7 * SCALE);
const SECONDS = 80 + 2 * HEARD;
/** A busy machine may be ten times slower than an idle one, and starve a page, which is another try. */
const PATIENCE_MS = 400_000 + 40_000 * SCALE;

/** Without a sound card, Firefox lets no audio context run. */
const NEEDED = ['firefox', 'ffmpeg', 'alsa'] as const;
const available = NEEDED.every((name) => serviceOrSkip(name).available);

/** A page in a Firefox of its own. */
async function newPage(): Promise<DrivenPage> {
  const firefox = await launchFirefox();
  const page = await firefox.newPage();
  return {
    goto: (url) => page.goto(url),
    evaluate: async <T>(expression: string) => (await page.evaluate(expression)) as T,
    close: () => firefox.close(),
  };
}

describe.skipIf(!available)('the engines in Firefox', () => {
  const pages = new PageServer();
  const pcm = randomPcm(SECONDS * 48_000, 12 + SEED);
  const fixture = available ? makeFixture(pcm, 1) : undefined;
  let origin: string;

  beforeAll(async () => {
    origin = `${await pages.listen()}?media`;
  });
  afterAll(() => pages.close());

  const test = (title: string, body: (l: BrowserListening) => Promise<void>) =>
    it(
      title,
      () => BrowserListening.run({ browser: { newPage }, pages, url: origin, fixture: fixture!, head: 6 }, body),
      PATIENCE_MS,
    );

  /** Every frame that was heard is the station's, and so is every join but the first and the last. */
  const expectExact = (engine: string, recording: Recording): void => {
    const { from, sourceFrame } = align(recording, pcm);
    const exact = matches(recording, pcm, from, sourceFrame, Number.POSITIVE_INFINITY);
    expect(exact).toBe(recording.left.length - from);
    const joins = Math.floor((sourceFrame + exact) / 48_000) - Math.floor(sourceFrame / 48_000);
    expect(joins).toBeGreaterThanOrEqual(HEARD - 2);
    process.stdout.write(`firefox, ${engine}: ${exact} frames across ${joins} joins, 0 wrong, 0 missing\n`);
  };

  test('the worklet engine plays hq bit for bit across joins, verified; then lq; without an error', async (l) => {
    // Firefox may freeze in this getter while sound plays: nobody may ask.
    await l.page.evaluate(`Object.defineProperty(AudioContext.prototype, 'outputLatency', {
      get() { window.latencyAsked = true; return 0; },
    }) && undefined`);
    await l.start({ kind: 'worklet', latencyMode: 'stable', quality: 'hq' });
    await l.heard(/hq true/, HEARD);
    expect(await l.stats()).toMatchObject({ bitPerfect: 'verified', bitPerfectFailed: 0 });
    expectExact('worklet', await l.record());
    await l.page.evaluate(`radio.engine.setQuality('lq')`);
    await l.heard(/ lq /, 2);
    expect(await l.stats()).toMatchObject({ underruns: 0, state: 'playing' });
    expect((await l.events()).filter((event) => event.startsWith('error'))).toEqual([]);
    expect(await l.page.evaluate('window.latencyAsked')).toBeUndefined();
  });

  test('the element engine plays hq bit for bit across joins, without an error', async (l) => {
    await l.start({ kind: 'element', latencyMode: 'stable', quality: 'hq' });
    await l.heard(/ hq /, HEARD);
    expectExact('element', await l.record());
    expect(await l.stats()).toMatchObject({ underruns: 0, state: 'playing' });
    expect((await l.events()).filter((event) => event.startsWith('error'))).toEqual([]);
  });
});
