// Renews the pictures of the documentation: the player in both layouts and themes, and, when its address is given, the listener
// site of a running station.
//   node --conditions=@bucket-radio/source tools/screenshots.ts [SITE-URL] [DIRECTORY]
import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '@bucket-radio/testing';
import type { Browser, Page } from 'playwright-core';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { PageServer } from '../test/page-server.ts';
import { RollingBucket } from '../test/rolling-bucket.ts';

const [site, directory = fileURLToPath(new URL('../../../docs/images', import.meta.url))] = process.argv.slice(2);

/** Around the player, in CSS pixels. */
const MARGIN = 24;
/** Flat colours and text: more would only be the smoothing of letters. */
const COLOURS = 96;

/** Takes the picture, and reduces it to a palette: about a third of the bytes, and nothing to be seen. */
async function picture(page: Page, name: string, clip?: { x: number; y: number; width: number; height: number }) {
  const raw = `${directory}/.${name}.png`;
  await page.screenshot({ path: raw, ...(clip === undefined ? {} : { clip }) });
  const palette = `split[a][b];[a]palettegen=max_colors=${COLOURS}[p];[b][p]paletteuse=dither=none`;
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', raw, '-vf', palette, `${directory}/${name}.png`]);
  await rm(raw);
}

async function play(browser: Browser, url: string, before: string): Promise<Page> {
  const page = await browser.newPage({ deviceScaleFactor: 2, viewport: { width: 560, height: 300 } });
  await page.goto(url);
  await page.evaluate(before);
  await page
    .locator('radio-player')
    .getByRole('button', { name: /^Play / })
    .click();
  await page.getByText('Bit-perfect', { exact: true }).first().waitFor();
  return page;
}

async function picturePlayer(browser: Browser): Promise<void> {
  const pages = new PageServer();
  const fixture = makeFixture(randomPcm(60 * 48_000, 9), 1);
  const bucket = new RollingBucket({ fixture, segmentSeconds: 1, windowSegments: 20, head: 25 });
  const src = JSON.stringify(await bucket.listen());
  const page = await play(
    browser,
    `${await pages.listen()}element.html`,
    `document.querySelector('radio-player').src = ${src}`,
  );
  await page.getByRole('slider', { name: 'Position' }).waitFor();
  for (const layout of ['full', 'mini']) {
    await page.evaluate(`document.querySelector('radio-player').layout = '${layout}'`);
    await page.getByRole('combobox').waitFor({ state: layout === 'full' ? 'visible' : 'detached' });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const box = await page.locator('radio-player').boundingBox();
      if (box === null) throw new Error('the player is not to be seen');
      const { x, y, width, height } = box;
      const clip = { x: x - MARGIN, y: y - MARGIN, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
      await picture(page, `player-${layout}-${colorScheme}`, clip);
    }
  }
  await page.close();
  bucket.close();
  pages.close();
}

async function pictureSite(browser: Browser, url: string): Promise<void> {
  const page = await play(browser, url, '0');
  await page.setViewportSize({ width: 1000, height: 700 });
  await page.getByText('Live', { exact: true }).waitFor();
  await picture(page, 'listener');
  await page.close();
}

const browser = await launchChromium();
await picturePlayer(browser);
if (site !== undefined) await pictureSite(browser, site);
await browser.close();
