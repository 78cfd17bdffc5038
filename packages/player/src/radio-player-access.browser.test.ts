import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { PageServer } from '../test/page-server.ts';
import { RollingBucket } from '../test/rolling-bucket.ts';

const available = serviceOrSkip('chromium').available && serviceOrSkip('ffmpeg').available;

describe.skipIf(!available)('<radio-player> for everybody', () => {
  const pages = new PageServer();
  const fixture = available ? makeFixture(randomPcm(60 * 48_000, 9), 1) : undefined;
  let browser: Browser;
  let origin: string;
  let context: BrowserContext;
  let page: Page;
  let bucket: RollingBucket;
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
    bucket = new RollingBucket({ fixture: fixture!, segmentSeconds: 1, windowSegments: 20, head: 25 });
    src = await bucket.listen();
    context = await browser.newContext({ deviceScaleFactor: 2, viewport: { width: 560, height: 280 } });
    page = await open();
  });
  afterEach(async () => {
    await context.close();
    bucket.close();
  });

  const open = async (): Promise<Page> => {
    const one = await context.newPage();
    await one.goto(`${origin}element.html`);
    await one.evaluate(`document.querySelector('radio-player').src = ${JSON.stringify(src)}`);
    return one;
  };
  const set = (property: string, value: string) =>
    page.evaluate(`document.querySelector('radio-player').${property} = ${JSON.stringify(value)}`);
  const property = <T>(name: string, of: Page = page): Promise<T> =>
    of.evaluate(`document.querySelector('radio-player').${name}`);
  /** What axe finds by the rules of WCAG 2.2 AA. */
  const violations = async (name: string): Promise<string[]> => {
    await page.evaluate(axe.source);
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const rules = { region: { enabled: false }, 'page-has-heading-one': { enabled: false } };
    const options = JSON.stringify({ runOnly: { type: 'tag', values: tags }, rules });
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const report = await page.evaluate<axe.AxeResults>(`axe.run('radio-player', ${options})`);
      found.push(...report.violations.map(({ id, nodes }) => `${colorScheme} ${name}: ${id} ${nodes[0]?.html ?? ''}`));
    }
    return found;
  };

  /** The same in one row. */
  const violationsInBoth = async (name: string): Promise<string[]> => {
    const full = await violations(name);
    await set('layout', 'mini');
    await page.locator('radio-player select').waitFor({ state: 'detached' });
    const mini = await violations(`${name}, mini`);
    await set('layout', 'full');
    await page.locator('radio-player select').waitFor();
    return [...full, ...mini];
  };
  const status = (text: string) => page.getByRole('status').getByText(text).waitFor();

  it('has no accessibility violation in any state, layout and theme', async () => {
    const found = await violationsInBoth('stopped');
    let answered = false;
    // Until then no request is answered: the player is connecting, and says so.
    await page.route('**/live/**', async (route) => {
      while (!answered) await new Promise((resolve) => setTimeout(resolve, 50));
      await route.continue();
    });
    await page.getByRole('button', { name: 'Play Radio' }).click();
    await status('Connecting…');
    found.push(...(await violationsInBoth('connecting')));
    answered = true;
    await page.getByText('Bit-perfect').waitFor();
    await page.getByRole('slider', { name: 'Position' }).waitFor();
    found.push(...(await violationsInBoth('playing')));
    answered = false;
    await status('Waiting for the network…');
    found.push(...(await violationsInBoth('rebuffering')));
    answered = true;
    await page.getByText('Bit-perfect').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await status('Paused');
    found.push(...(await violationsInBoth('paused')));
    await page.getByRole('button', { name: 'Play Test Radio' }).click();
    await page.getByRole('button', { name: 'Go live' }).waitFor();
    found.push(...(await violationsInBoth('behind live')));
    await set('lang', 'ar');
    await page.getByRole('button', { name: 'إيقاف Test Radio' }).waitFor();
    found.push(...(await violationsInBoth('right to left')));
    await set('lang', 'en');
    const other = await open();
    await other.getByRole('button', { name: 'Play Radio' }).click();
    await status('Playing in another tab.');
    await other.close();
    found.push(...(await violationsInBoth('playing elsewhere')));
    bucket.fault = () => 503;
    await page.getByRole('button', { name: 'Play here instead' }).click();
    await page.getByText('Cannot reach the station').waitFor();
    found.push(...(await violationsInBoth('unreachable')));
    bucket.fault = () => undefined;
    bucket.signOff();
    await page.getByText('Off air').waitFor();
    found.push(...(await violationsInBoth('off the air')));
    expect(found).toEqual([]);
  });

  it.each([
    ['de', 'Radio abspielen', 'ltr'],
    ['es-MX', 'Reproducir Radio', 'ltr'],
    ['fr', 'Écouter Radio', 'ltr'],
    ['ar', 'تشغيل Radio', 'rtl'],
  ])('speaks %s', async (lang, label, direction) => {
    await set('lang', lang);
    await page.getByRole('button', { name: label.replace('Radio', '') }).waitFor();
    expect(await page.locator('radio-player [part=card]').getAttribute('dir')).toBe(direction);
    await set('lang', 'xx');
    await page.getByRole('button', { name: 'Play Radio' }).waitFor();
  });

  it('goes back in the window with the slider, and live again', async () => {
    await page.getByRole('button', { name: 'Play Radio' }).click();
    await page.getByText('Bit-perfect').waitFor();
    const slider = page.getByRole('slider', { name: 'Position' });
    await slider.waitFor();
    await slider.fill('6');
    await page.getByRole('button', { name: 'Go live' }).waitFor();
    await page.getByText('Bit-perfect').waitFor();
    const { behindSeconds } = await property<{ behindSeconds: number }>('stats');
    expect(behindSeconds).toBeGreaterThan(8);
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/seconds behind live/);
    await page.getByRole('button', { name: 'Go live' }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    const { shifted } = await property<{ shifted: boolean }>('stats');
    expect(shifted).toBe(false);
  });

  it('plays in one tab at a time: the other one says so and offers to take over', async () => {
    await page.getByRole('button', { name: 'Play Radio' }).click();
    await page.getByText('Bit-perfect').waitFor();
    const other = await open();
    await other.getByRole('button', { name: 'Play Radio' }).click();
    await other.getByText('Bit-perfect').waitFor();
    await page.getByRole('status').getByText('Playing in another tab.').waitFor();
    expect(await property('state')).toBe('stopped');
    await page.getByRole('button', { name: 'Play here instead' }).click();
    await other.getByRole('status').getByText('Playing in another tab.').waitFor();
    expect(await property('state', other)).toBe('stopped');
    await page.getByText('Bit-perfect').waitFor();
  });

  it('shows the title on the lock screen', async () => {
    await page.getByRole('button', { name: 'Play Radio' }).click();
    await page.getByText('Bit-perfect').waitFor();
    const metadata = () => page.evaluate<string>('navigator.mediaSession.metadata?.title ?? "none"');
    await expect.poll(metadata, { timeout: 20_000 }).toBe('White Noise');
    await page.getByRole('button', { name: 'Stop Test Radio' }).click();
    await expect.poll(metadata, { timeout: 20_000 }).toBe('none');
  });
});
