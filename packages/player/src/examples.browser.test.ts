import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { RollingBucket } from '../test/rolling-bucket.ts';

const available = serviceOrSkip('chromium').available && serviceOrSkip('ffmpeg').available;
const EXAMPLES = new URL('../../../examples/embed-player/', import.meta.url);

/** Blocks of code of the README in one language, without their indentation's first column. */
async function readmeBlocks(language: string): Promise<string[]> {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  return [...readme.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map((match) => match[1] ?? '');
}

const lines = (text: string): string[] => text.split('\n').flatMap((line) => line.trim() || []);

it.each([
  ['html', ['html/index.html']],
  ['tsx', ['react/app.tsx']],
  ['js', ['static-site/build.ts']],
])('every line of %s in the README is one of an example, and the examples are run', async (language, files) => {
  const sources = await Promise.all(files.map((file) => readFile(new URL(file, EXAMPLES), 'utf8')));
  const known = sources.flatMap(lines);
  const blocks = await readmeBlocks(language);
  expect(blocks.length).toBeGreaterThan(0);
  expect(blocks.flatMap(lines).filter((line) => !known.includes(line))).toEqual([]);
});

describe.skipIf(!available)('the examples of embedding, in Chromium', () => {
  const fixture = available ? makeFixture(randomPcm(60 * 48_000, 31), 1) : undefined;
  const bucket = new RollingBucket({ fixture: fixture!, segmentSeconds: 1, windowSegments: 20, head: 25 });
  let server: ChildProcess;
  let origin: string;
  let browser: Browser;

  beforeAll(async () => {
    const args = ['--conditions=@bucket-radio/source', 'serve.ts', await bucket.listen(), '0'];
    server = spawn(process.execPath, args, { cwd: fileURLToPath(EXAMPLES), stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = (await once(server.stdout!, 'data')) as [Buffer];
    origin = new URL(String(printed).split(' ')[0] ?? '').origin;
    browser = await launchChromium();
  });
  afterAll(async () => {
    server?.kill();
    await browser?.close();
    bucket.close();
  });

  async function play(path: string): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(`${origin}${path}`);
    await page.getByRole('button', { name: 'Play Radio' }).click();
    await page.getByText('Bit-perfect').waitFor();
    return page;
  }

  it.concurrent('the plain page plays, and shows the title', async () => {
    const page = await play('/html/');
    await page.locator('#heard').getByText('The Generators: White Noise').waitFor();
    await page.close();
  });

  it.concurrent('React plays, and goes back ten seconds', async () => {
    const page = await play('/react/');
    await page.getByRole('button', { name: 'What was that?' }).click();
    await page.waitForFunction(`document.querySelector('radio-player').stats.shifted`);
    await page.close();
  });

  it.concurrent('every page of the static site plays', async () => {
    const page = await play('/static-site/');
    await page.getByRole('link', { name: 'Tuesday' }).click();
    await page.getByText('Somebody listened.').waitFor();
    await page.getByRole('button', { name: 'Play Radio' }).click();
    await page.getByText('Bit-perfect').waitFor();
    await page.close();
  });
});
