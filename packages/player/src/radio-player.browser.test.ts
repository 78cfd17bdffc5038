import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { PageServer } from '../test/page-server.ts';
import { RollingBucket } from '../test/rolling-bucket.ts';

const available = serviceOrSkip('chromium').available && serviceOrSkip('ffmpeg').available;

describe.skipIf(!available)('<radio-player> in Chromium', () => {
  const pages = new PageServer();
  const fixture = available ? makeFixture(randomPcm(40 * 48_000, 3), 1) : undefined;
  let browser: Browser;
  let origin: string;
  let bucket: RollingBucket;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    origin = await pages.listen();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    pages.close();
  });
  beforeEach(async () => {
    bucket = new RollingBucket({ fixture: fixture!, segmentSeconds: 1, windowSegments: 5, head: 3 });
    const src = await bucket.listen();
    page = await browser.newPage();
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${origin}element.html`);
    await page.evaluate(`document.querySelector('radio-player').src = ${JSON.stringify(src)}`);
  });
  afterEach(async () => {
    await page.close();
    bucket.close();
  });

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const property = <T>(name: string): Promise<T> => page.evaluate(`document.querySelector('radio-player').${name}`);

  it('asks for nothing, then plays at one press: name, title, live, latency and the badge appear', async () => {
    expect(bucket.requests).toEqual([]);
    await button('Play Radio').click();
    await page.getByText('Bit-perfect').waitFor();
    for (const text of ['Test Radio', 'The Generators – White Noise', 'Live', 'behind live']) {
      expect(
        await page
          .getByText(text, { exact: text === 'Live' })
          .first()
          .isVisible(),
      ).toBe(true);
    }
    await button('Stop Test Radio').click();
    await button('Play Radio').or(button('Play Test Radio')).waitFor();
    expect(await property('state')).toBe('stopped');
    expect(complaints).toEqual([]);
  });

  it('is played, muted, turned down, switched and stopped with the keyboard alone', async () => {
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Bit-perfect').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.getByText('Lossless, volume changed').waitFor();
    expect(await property('muted')).toBe(true);
    await page.keyboard.press('Space');
    await page.getByText('Bit-perfect').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowLeft');
    expect(await property('volume')).toBe(0.99);
    expect(await page.getByRole('slider', { name: 'Volume' }).getAttribute('aria-valuetext')).toBe('99 %');
    await page.getByText('Lossless, volume changed').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Data');
    expect(await property('quality')).toBe('lq');
    await page.getByText('Compressed').waitFor();
    for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Space');
    expect(await property('state')).toBe('stopped');
  });

  it('tells pages what happens', async () => {
    await page.evaluate(`
      globalThis.told = [];
      for (const type of ['radio-state', 'radio-segment', 'radio-error']) {
        document.addEventListener(type, ({ detail }) => told.push(type + ' ' + (detail.state ?? detail.code ?? detail.rendition)));
      }`);
    await button('Play Radio').click();
    await page.getByText('Bit-perfect').waitFor();
    bucket.fault = () => 503;
    await page.getByRole('status').getByText('Cannot reach the station. Trying again…').waitFor();
    bucket.fault = () => undefined;
    await page.getByText('Cannot reach the station').waitFor({ state: 'hidden' });
    const told = await page.evaluate<string[]>('told');
    expect(told.slice(0, 2)).toEqual(['radio-state connecting', 'radio-segment hq']);
    expect(told).toContain('radio-state playing');
    expect(told.some((event) => event.startsWith('radio-error'))).toBe(true);
  });

  it('says that the station is off the air', async () => {
    bucket.signOff();
    await button('Play Radio').click();
    await page.getByText('Off air').waitFor();
    expect(await page.getByRole('status').textContent()).toBe('Playing goes on when the station is back.');
  });

  it('falls silent when it is taken out of the page, not when it is moved within it', async () => {
    await button('Play Radio').click();
    await page.getByText('Bit-perfect').waitFor();
    await page.evaluate(`
      globalThis.player = document.querySelector('radio-player');
      globalThis.section = document.body.appendChild(document.createElement('section'));
      section.append(player)`);
    expect(await property('state')).toBe('playing');
    await page.evaluate(`player.remove()`);
    expect(await page.evaluate('player.state')).toBe('stopped');
    expect(await page.evaluate('player.engine')).toBeUndefined();
  });

  it('goes on with another station when src changes', async () => {
    await button('Play Radio').click();
    await page.getByText('Bit-perfect').waitFor();
    const other = new RollingBucket({ fixture: fixture!, segmentSeconds: 1, windowSegments: 5, head: 6 });
    const src = await other.listen();
    await page.evaluate(`document.querySelector('radio-player').setAttribute('src', ${JSON.stringify(src)})`);
    await page.getByText('Bit-perfect').waitFor({ state: 'hidden' });
    await page.getByText('Bit-perfect').waitFor();
    expect(other.requests.some((path) => path.includes('/hq/'))).toBe(true);
    other.close();
  });
});
