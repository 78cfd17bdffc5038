import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import { slope } from '@bucket-radio/testing/statistics';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { PageServer } from '../test/page-server.ts';
import { RollingBucket } from '../test/rolling-bucket.ts';
import type { RadioStats } from './engine/types.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
/** At 240, twenty minutes. */
const PLAYED_SECONDS = 5 * SCALE;
/** Sound that repeats; another length than any of the player's own periods. */
const LOOP_SECONDS = 17;
/** Looks at the heap: ten, and the first tenth is the player's warming up. */
const LOOKS = 10;
/** At a small scale the heap says little: warm code weighs more than minutes of playing. */
const MAX_GROWTH_MB = 6;
const MAX_SLOPE_MB_PER_HOUR = 6;

const available = serviceOrSkip('chromium').available && serviceOrSkip('ffmpeg').available;

interface Look {
  readonly atSeconds: number;
  readonly heapMb: number;
}

async function heapMb(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  return usedSize / 2 ** 20;
}

async function statsOf(page: Page): Promise<RadioStats> {
  return page.evaluate('radio.engine.stats');
}

/** Resolves when the station has come so many segments further. */
async function heardOn(page: Page, segment: number): Promise<void> {
  for (;;) {
    const { segment: heard } = await statsOf(page);
    if (heard !== undefined && heard >= segment) return;
    await page.waitForTimeout(500);
  }
}

describe.skipIf(!available)('listening for long in Chromium', () => {
  const pages = new PageServer();
  let browser: Browser;
  let bucket: RollingBucket;
  let src: string;

  beforeAll(async () => {
    const fixture = makeFixture(randomPcm(LOOP_SECONDS * 48_000, SEED), 1);
    bucket = new RollingBucket({ fixture, segmentSeconds: 1, windowSegments: 12, head: 6, loops: true });
    src = await bucket.listen();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    bucket?.close();
    pages.close();
  });

  const title = `${PLAYED_SECONDS} s of hq: every segment verified, no underrun, and the heap does not grow`;
  it(title, { timeout: 120_000 + PLAYED_SECONDS * 2000 }, async () => {
    const page = await browser.newPage();
    await page.goto(await pages.listen());
    const devtools = await page.context().newCDPSession(page);
    // Without the recorder of other tests, whose recording would be the growth.
    await page.evaluate(`listenTo(${JSON.stringify({ src, quality: 'hq', latencyMode: 'stable' })})`);
    await heardOn(page, 0);
    const first = (await statsOf(page)).segment ?? 0;
    const from = performance.now();
    const looks: Look[] = [];
    for (let look = 1; look <= LOOKS; look++) {
      await heardOn(page, first + Math.round((PLAYED_SECONDS * look) / LOOKS));
      looks.push({ atSeconds: (performance.now() - from) / 1000, heapMb: await heapMb(devtools) });
    }
    const { underruns, bitPerfectVerified, bitPerfectFailed, bitPerfect } = await statsOf(page);
    const warm = looks.slice(1);
    const heapMbPerHour = slope(warm.map(({ atSeconds, heapMb: mb }) => [atSeconds / 3600, mb]));
    const longestStallMs = await page.evaluate<number>('longestStallMs()');
    process.stdout.write(
      `${JSON.stringify({
        proof: 'player-listening',
        seconds: PLAYED_SECONDS,
        underruns,
        bitPerfectVerified,
        bitPerfectFailed,
        heapMb: looks.map((look) => Number(look.heapMb.toFixed(2))),
        heapMbPerHour: Number(heapMbPerHour.toFixed(2)),
        longestStallMs: Math.round(longestStallMs),
      })}\n`,
    );
    // A page that got no time from the machine for seconds cannot play; what is in hand covers the rest.
    if (longestStallMs < 1500) expect(underruns).toBe(0);
    expect(bitPerfectFailed).toBe(0);
    expect(bitPerfectVerified).toBeGreaterThanOrEqual(Math.floor(PLAYED_SECONDS) - 1);
    expect(bitPerfect).toBe('verified');
    expect((warm.at(-1)?.heapMb ?? 0) - (warm[0]?.heapMb ?? 0)).toBeLessThan(MAX_GROWTH_MB);
    if (SCALE >= 100) expect(heapMbPerHour).toBeLessThan(MAX_SLOPE_MB_PER_HOUR);
  });
});
