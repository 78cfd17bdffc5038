import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { PageServer } from '../test/page-server.ts';
import { bundleReact, REACT_VERSIONS } from '../test/react-bundle.ts';
import { RollingBucket } from '../test/rolling-bucket.ts';

const available = serviceOrSkip('chromium').available && serviceOrSkip('ffmpeg').available;

/** Renders the page on a server: in this process, which has no DOM. */
async function renderOnServer(version: (typeof REACT_VERSIONS)[number], src: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'react-server-'));
  const file = join(directory, 'server.cjs');
  await writeFile(file, await bundleReact('server', version));
  const { render } = createRequire(import.meta.url)(file) as { render: (src: string) => string };
  await rm(directory, { recursive: true });
  return render(src);
}

it.each(REACT_VERSIONS)('React %i renders the tag with its attributes on a server', async (version) => {
  const html = await renderOnServer(version, 'https://radio.example/live/manifest.json');
  expect(html).toBe(
    '<radio-player src="https://radio.example/live/manifest.json" worklet-src="/worklet.js" latency-mode="stable" ' +
      'quality="auto" class="radio"><b slot="title">My radio</b></radio-player>',
  );
});

describe.skipIf(!available)('<RadioPlayer> of React in Chromium', () => {
  const pages = new PageServer();
  const fixture = available ? makeFixture(randomPcm(40 * 48_000, 5), 1) : undefined;
  const bucket = new RollingBucket({ fixture: fixture!, segmentSeconds: 1, windowSegments: 5, head: 3 });
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    origin = await pages.listen();
    const src = await bucket.listen();
    for (const version of REACT_VERSIONS) {
      pages.add(`react-${version}.js`, await bundleReact('client', version));
      const body = `<div id="root" data-src="${src}">${await renderOnServer(version, src)}</div>`;
      const head = `<meta charset="utf-8"><title>React ${version}</title>`;
      const script = `<script type="module" src="/react-${version}.js"></script>`;
      pages.add(`react-${version}.html`, Buffer.from(`<!doctype html><html lang="en">${head}${body}${script}`));
    }
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    pages.close();
    bucket.close();
  });

  it.each(REACT_VERSIONS)(
    'React %i takes over what the server wrote, sets properties and tells events',
    async (version) => {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${origin}react-${version}.html`);
      await page.getByRole('button', { name: 'Play Radio' }).click();
      await page.getByText('Bit-perfect').waitFor();
      expect(await page.locator('radio-player [slot=title]').textContent()).toBe('My radio');
      expect(await page.evaluate('told.player === document.querySelector("radio-player.radio")')).toBe(true);
      expect(await page.evaluate('told.player.latencyMode')).toBe('stable');
      await page.evaluate('told.set({ muted: true, round: 2 })');
      await page.getByText('Lossless, volume changed').waitFor();
      await page.evaluate('told.set({ muted: false, quality: "lq" })');
      await page.getByText('Compressed').waitFor();
      expect(await page.evaluate('[told.player.muted, told.player.quality]')).toEqual([false, 'lq']);
      await page.evaluate('told.player.stop()');
      expect(await page.evaluate('told.events')).toEqual(['connecting 1', 'playing 1', 'stopped 2']);
      await page.evaluate('told.left = told.player; told.set({ shown: false })');
      await page.getByText('gone').waitFor();
      expect(await page.evaluate('[told.player, told.left.engine]')).toEqual([null, undefined]);
      expect(complaints).toEqual([]);
      await page.close();
    },
  );
});
