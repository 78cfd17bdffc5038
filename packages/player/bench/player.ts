// pnpm bench player: how large, how soon, how costly, beside hls.js and a bare MediaSource element on the same station,
// in the same Chromium, in the same run.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { launchChromium } from '@bucket-radio/testing';
import { median } from '@bucket-radio/testing/statistics';
import type { Browser, Page } from 'playwright-core';
import { makeFixture } from '../test/fixtures.ts';
import { PageServer } from '../test/page-server.ts';
import { RollingBucket } from '../test/rolling-bucket.ts';
import { measureSizes, SIZE_LIMITS_KB } from '../tools/sizes.ts';

const { values } = parseArgs({
  options: {
    presses: { type: 'string', default: '9' },
    /** Seconds of playing over which processor time is counted. */
    seconds: { type: 'string', default: '20' },
  },
});
const presses = Number(values.presses);
const seconds = Number(values.seconds);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** A chord with a little noise: FLAC finds in it about what it finds in music. */
function chord(frames: number): Int32Array {
  let state = 1;
  const pcm = new Int32Array(frames * 2);
  for (let i = 0; i < frames; i++) {
    const t = (2 * Math.PI * i) / 48_000;
    const tone = 0.2 * (Math.sin(220 * t) + Math.sin(277.2 * t) + Math.sin(329.6 * t));
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    const noise = state / 2 ** 31 / 64;
    pcm[i * 2] = Math.round((tone + noise) * 0x7f_ff_ff * 0.9);
    pcm[i * 2 + 1] = Math.round((tone - noise) * 0x7f_ff_ff * 0.9);
  }
  return pcm;
}

/** Processor seconds of all of the browser's processes so far. */
async function cpuSeconds(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

/** Presses `press` again and again; the first, cold one is told apart. */
async function pressTimes(page: Page, press: string, stop: string): Promise<{ coldMs: number; warmMs: number }> {
  const times: number[] = [];
  for (let i = 0; i <= presses; i++) {
    times.push(await page.evaluate<number>(press));
    await page.evaluate(stop);
    await page.waitForTimeout(300);
  }
  const [coldMs = Number.NaN, ...warm] = times;
  return { coldMs: round(coldMs, 0), warmMs: round(median(warm), 0) };
}

async function main(): Promise<void> {
  const hlsFile = createRequire(import.meta.url).resolve('hls.js/dist/hls.mjs');
  const hlsMin = readFileSync(hlsFile.replace('hls.mjs', 'hls.min.js'));
  const sizes = await measureSizes();
  const hlsKb = gzipSync(hlsMin).length / 1024;
  const fixture = makeFixture(chord(240 * 48_000), 1);
  const pages = new PageServer();
  const origin = await pages.listen();
  pages.add('hls.js', readFileSync(hlsFile));
  const bucket = new RollingBucket({ fixture, segmentSeconds: 1, windowSegments: 10, head: 12 });
  const src = await bucket.listen();
  const base = src.replace('manifest.json', '');
  const browser = await launchChromium();
  say(
    `Chromium ${browser.version()}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`,
  );
  say(`station: 1 s segments, FLAC 24 bit, loopback; ${presses} warm presses, ${seconds} s of playing`);

  const open = async (): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(`${origin}bench.html?media`);
    await page.waitForFunction('"startBare" in globalThis', undefined, { polling: 50 }).catch(() => undefined);
    await page.waitForLoadState('networkidle');
    return page;
  };
  const page = await open();
  const ours = await pressTimes(page, `pressOurs('${src}', 'worklet')`, 'stopOurs()');
  const hls = await pressTimes(page, `pressHls('${base}hq.m3u8')`, 'stopHls()');
  await page.close();

  const playing = async (start: string): Promise<number> => {
    const one = await open();
    await one.evaluate(start);
    await one.waitForTimeout(3000);
    const before = await cpuSeconds(browser);
    await one.waitForTimeout(seconds * 1000);
    const used = (await cpuSeconds(browser)) - before;
    await one.close();
    return (used / seconds) * 100;
  };
  const bareCpu = await playing(`startBare('${base}', '${src}')`);
  const oursCpu = await playing(`pressOurs('${src}', 'worklet')`);
  const elementCpu = await playing(`pressOurs('${src}', 'element')`);
  const hlsCpu = await playing(`pressHls('${base}hq.m3u8')`);
  await browser.close();
  bucket.close();
  pages.close();

  const row = (name: string, ...cells: readonly string[]): void =>
    say(`${name.padEnd(26)}${cells.map((cell) => cell.padStart(14)).join('')}`);
  row('', 'gzip KB', 'cold ms', 'warm ms', 'CPU %');
  row('worklet engine', sizes.worklet.toFixed(1), String(ours.coldMs), String(ours.warmMs), oursCpu.toFixed(1));
  row('element engine', '', '', '', elementCpu.toFixed(1));
  row('both engines', sizes.both.toFixed(1));
  row('<radio-player>, en', sizes.element.toFixed(1));
  row('hls.js', hlsKb.toFixed(1), String(hls.coldMs), String(hls.warmMs), hlsCpu.toFixed(1));
  row('bare MediaSource', '', '', '', bareCpu.toFixed(1));
  say(`limits: worklet ${SIZE_LIMITS_KB.worklet}, both ${SIZE_LIMITS_KB.both}, element ${SIZE_LIMITS_KB.element} KB`);
  const gzipKb = {
    worklet: round(sizes.worklet, 1),
    both: round(sizes.both, 1),
    element: round(sizes.element, 1),
    hlsjs: round(hlsKb, 1),
  };
  const pressToSoundMs = { ours: ours.warmMs, hlsjs: hls.warmMs };
  say(JSON.stringify({ bench: 'player', gzipKb, pressToSoundMs, cpuRatio: round(oursCpu / bareCpu, 2) }));
}

await main();
