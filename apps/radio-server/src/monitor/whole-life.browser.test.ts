import { createBucket } from '@bucket-radio/object-store-s3';
import { type FaultyProxy, launchChromium, serviceOrSkip, startFaultyProxy } from '@bucket-radio/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MonitorStatus } from '../desk/monitor-status.ts';
import { s3Account } from '../testing/s3-account.ts';
import { type StandInCard, standInCard } from '../testing/stand-in-card.ts';
import { type StationProcess, StationRunner } from '../testing/station-process.ts';

const { options, env: ACCOUNT } = s3Account('life');
const LOST_FRAMES = 9_600;
/** An alert about the bucket takes 30 s and more, and so does one about samples until it is over. */
const PATIENCE = { timeout: 110_000 };
const usable = serviceOrSkip('chromium').available && serviceOrSkip('s3').available;

function lostText({ captured: { gaps, lostMs } }: MonitorStatus): string {
  return `${gaps} ${gaps === 1 ? 'gap' : 'gaps'}, ${Math.round(lostMs)} ms`;
}

describe.skipIf(!usable)('the monitor of a live station', () => {
  const runner = new StationRunner();
  let card: StandInCard;
  let bucket: FaultyProxy;
  let browser: Browser;
  let page: Page;
  let station: StationProcess;
  const problems: string[] = [];

  const status = async (): Promise<MonitorStatus> =>
    (await (await fetch(`http://127.0.0.1:${station.monitorPort}/status`)).json()) as MonitorStatus;
  const fact = (term: string) =>
    page
      .locator('dl > div')
      .filter({ has: page.locator(`dt:text-is("${term}")`) })
      .locator('dd');
  const says = async (term: string, text: RegExp) => await fact(term).filter({ hasText: text }).waitFor(PATIENCE);
  const lamp = (text: string) => page.getByRole('status').getByText(text, { exact: true });

  beforeAll(async () => {
    await createBucket(options);
    [card, bucket, browser] = await Promise.all([
      standInCard(),
      startFaultyProxy({ target: options.endpoint, random: Math.random }),
      launchChromium(),
    ]);
    const args = ['start', '--source', 'alsa:hw:CARD=Deck', '--segment-seconds', '1', '--window-segments', '120'];
    station = await runner.run([...args, '--station', 'Deck', '--archive', 'always'], {
      ...ACCOUNT,
      ...card.env,
      R2_ENDPOINT: bucket.endpoint,
    });
    await station.waitFor('segment 0: ');
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(`http://127.0.0.1:${station.monitorPort}/`);
  });
  afterAll(async () => {
    await browser?.close();
    await runner.cleanUp();
    bucket?.close();
    await card?.remove();
  });

  test('follows start, overrun, outage, healing and stop', { timeout: 360_000 }, async () => {
    await lamp('On air').waitFor();
    await page.getByText('all is well').waitFor(PATIENCE);
    await says('Device', /hw:CARD=Deck/);
    await says('Fidelity', /^bit-perfect$/);
    await says('Depth', /24 bit, 24 in use/);
    const left = page.getByRole('meter', { name: 'Left channel true peak' });
    await expect.poll(async () => Number(await left.getAttribute('aria-valuenow')), PATIENCE).toBeCloseTo(-12, 0);
    await page.getByRole('img', { name: /loudest around (1|1\.0|1,000|1000|1\.6|1,600|1600)/ }).waitFor(PATIENCE);

    await card.overrun(LOST_FRAMES);
    await says('Xruns', /^1$/);
    // How a gap is measured is the capture's own proof; here the page says what the station knows.
    await page
      .getByRole('alert')
      .getByText(/^Warning: samples were lost/)
      .waitFor(PATIENCE);
    const { gaps, lostMs } = (await status()).captured;
    expect(lostMs).toBeGreaterThanOrEqual(LOST_FRAMES / 48 - 1);
    await expect.poll(async () => (await fact('Lost').textContent()) === lostText(await status()), PATIENCE).toBe(true);

    bucket.isDown = true;
    await page.getByText(/^Last error/).waitFor(PATIENCE);
    await page
      .getByRole('alert')
      .getByText(/^Critical: the bucket does not take segments: \d+ wait/)
      .waitFor(PATIENCE);
    expect(await lamp('On air').count()).toBe(1);
    await says('Spool', /^\d+ segments, .* MB, oldest \d+ s$/);
    expect((await page.getByRole('cell', { name: 'spooled', exact: true }).count()) > 10).toBe(true);
    const during = await status();

    bucket.isDown = false;
    await says('Spool', /^empty$/);
    await says('Published', /[1-9]\d* late$/);
    await page.getByText('all is well').waitFor(PATIENCE);
    const over = page.locator('.past li');
    await over.filter({ hasText: 'the bucket does not take segments' }).waitFor();
    await over.filter({ hasText: 'samples were lost' }).waitFor();
    const healed = await status();
    expect(healed.counts).toMatchObject({ dropped: 0 });
    expect(healed.window?.latest).toBeGreaterThan((during.window?.latest ?? 0) + 30);
    expect(healed.captured.gaps).toBeGreaterThanOrEqual(gaps);

    await page.getByRole('button', { name: 'Stop…' }).click();
    await page.getByRole('button', { name: 'Take off the air' }).click();
    await lamp('Off the air').waitFor(PATIENCE);
    expect((await status()).onAir).toBe('off');
    await page.getByRole('button', { name: 'Go on the air' }).click();
    await lamp('On air').waitFor(PATIENCE);
    await says('State', /recording/);

    station.kill('SIGTERM');
    await lamp('No connection to the station').waitFor(PATIENCE);
    const { code, stderr } = await station.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(problems).toEqual([]);
  });
});
