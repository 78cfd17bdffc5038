import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackS24le } from '@bucket-radio/pcm';
import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noiseS24le, wavS24le } from './testing/decode.ts';
import { type SiteProcess, startSite } from './testing/site-process.ts';
import { type StationProcess, StationRunner } from './testing/station-process.ts';
import { withRecorder } from './testing/with-recorder.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? '1');
const SCALE = Number(process.env['PROVE_SCALE'] ?? '1');
/** What is compared: at scale 1 seven seconds, across at least six joins of one-second segments. */
const COMPARED_FRAMES = Math.round(7 * 48_000 * SCALE);
/** Time to start everything and to reach the live edge, besides what is compared. */
const SPARE_SECONDS = 30;
/** The player fades in over its first frames and is exact from then on. */
const FADE_IN_FRAMES = 480;

const usable = serviceOrSkip('chromium').available && serviceOrSkip('ffmpeg').available;

/** The player's numbers that are looked at here. */
interface Stats {
  readonly frame?: number;
  readonly contextFrame?: number;
  readonly underruns: number;
  readonly rendition?: string;
  readonly bitPerfectFailed: number;
}

interface Heard {
  /** Interleaved integers of 24 bit. */
  readonly samples: Int32Array;
  /** Station frame of the first. */
  readonly stationFrame: number;
  /** As they were when the last sample had been heard. */
  readonly stats: Stats;
}

/** What leaves the audio graph from now on. */
async function record(page: Page, frames: number): Promise<Heard> {
  const { base64, contextFrame, stats } = await page.evaluate(async (wanted) => {
    interface Engine {
      readonly outputNode: AudioNode;
      readonly stats: Stats;
    }
    const player = document.querySelector('radio-player') as HTMLElement & { readonly engine: Engine };
    const { engine } = player;
    const context = engine.outputNode.context as AudioContext;
    await context.audioWorklet.addModule('/test-recorder.js');
    const recorder = new AudioWorkletNode(context, 'test-recorder', { numberOfOutputs: 0, channelCountMode: 'max' });
    const samples = new Int32Array(wanted * 2);
    let at = 0;
    let first: number | undefined;
    let inexact = 0;
    const done = new Promise<void>((resolve) => {
      recorder.port.onmessage = ({ data }: MessageEvent<[number, Float32Array, Float32Array]>) => {
        const [frame, left, right] = data;
        first ??= frame;
        for (let i = 0; i < left.length && at < samples.length; i++) {
          for (const channel of [left, right]) {
            const scaled = (channel[i] as number) * 0x80_00_00;
            if (!Number.isInteger(scaled)) inexact += 1;
            samples[at++] = scaled;
          }
        }
        if (at === samples.length) resolve();
      };
    });
    engine.outputNode.connect(recorder);
    await done;
    recorder.disconnect();
    if (inexact > 0) throw new Error(`${inexact} samples are not 24-bit integers`);
    if (first === undefined) throw new Error('nothing was heard');
    // Read before the samples are packed, which keeps the page busy for longer than a live margin.
    const { stats } = engine;
    let text = '';
    const bytes = new Uint8Array(samples.buffer);
    for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    return { base64: btoa(text), contextFrame: first, stats };
  }, frames);
  const bytes = Buffer.from(base64, 'base64');
  const samples = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  if (stats.frame === undefined || stats.contextFrame === undefined) throw new Error('the player knows no frame');
  return { samples, stationFrame: contextFrame + stats.frame - stats.contextFrame, stats };
}

async function statsOf(page: Page): Promise<Stats> {
  return await page.evaluate(
    () => (document.querySelector('radio-player') as unknown as { readonly stats: Stats }).stats,
  );
}

async function stateIs(page: Page, wanted: string): Promise<void> {
  await page.waitForFunction(
    (state) => (document.querySelector('radio-player') as unknown as { readonly state: string }).state === state,
    wanted,
  );
}

describe.skipIf(!usable)('from capture to ear', () => {
  const runner = new StationRunner();
  const pcm = noiseS24le((SPARE_SECONDS + Math.ceil(COMPARED_FRAMES / 48_000)) * 48_000, SEED);
  let station: StationProcess;
  let site: SiteProcess;
  let front: Awaited<ReturnType<typeof withRecorder>>;
  let browser: Browser;
  let page: Page;
  const consoleErrors: string[] = [];

  beforeAll(async () => {
    const path = join(tmpdir(), `ear-${process.pid}.wav`);
    await writeFile(path, wavS24le(pcm));
    station = await runner.run(['start', '--source', `ffmpeg:${path}`, '--segment-seconds', '1', '--station', 'Noise']);
    [site, browser] = await Promise.all([startSite(station.originPort), launchChromium()]);
    front = await withRecorder(site.url);
    await station.waitFor('segment 2: ');
    page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') consoleErrors.push(message.text());
    });
  });
  afterAll(async () => {
    await browser?.close();
    front?.close();
    await site?.stop();
    await runner.cleanUp();
  });

  it('the listener page plays what was captured, bit for bit, across every segment join', async () => {
    await page.goto(front.url);
    await page.getByRole('button', { name: /^Play/ }).click();
    await stateIs(page, 'playing');
    const { samples, stationFrame, stats } = await record(page, FADE_IN_FRAMES + COMPARED_FRAMES);
    const from = stationFrame + FADE_IN_FRAMES;
    const captured = unpackS24le(pcm.subarray(from * 6, (from + COMPARED_FRAMES) * 6));
    const heard = samples.subarray(FADE_IN_FRAMES * 2);
    const wrong = heard.reduce((count, sample, i) => count + (sample === captured[i] ? 0 : 1), 0);
    const joins = Math.floor((from + COMPARED_FRAMES) / 48_000) - Math.floor(from / 48_000);
    process.stdout.write(`${heard.length} samples compared across ${joins} joins, ${wrong} wrong\n`);
    expect(joins).toBeGreaterThanOrEqual(Math.max(1, Math.floor(6 * SCALE)));
    expect(wrong).toBe(0);
    expect(stats).toMatchObject({ underruns: 0, rendition: 'hq', bitPerfectFailed: 0 });
    expect(consoleErrors).toEqual([]);
  });

  it('goes to lq and back without a gap', async () => {
    const { underruns } = await statsOf(page);
    for (const name of ['lq', 'hq']) {
      await page.getByRole('combobox').selectOption(name);
      await expect.poll(async () => (await statsOf(page)).rendition, { timeout: 20_000 }).toBe(name);
    }
    expect((await statsOf(page)).underruns).toBe(underruns);
  });

  it('stops, and shows that the station went off air', async () => {
    await page.getByRole('button', { name: /^Stop/ }).click();
    await stateIs(page, 'stopped');
    station.kill('SIGTERM');
    expect((await station.ended).code).toBe(0);
  });
});

describe.skipIf(!(usable && serviceOrSkip('alsa').available))('a converted source', () => {
  const runner = new StationRunner();
  afterAll(async () => await runner.cleanUp());

  it('plays from ALSA, and the page says "converted" instead of "bit-perfect"', async () => {
    const station = await runner.run(['start', '--source', 'alsa:deck', '--segment-seconds', '1', '--archive', 'off']);
    const site = await startSite(station.originPort);
    const browser = await launchChromium();
    try {
      await station.waitFor('segment 2: ');
      const page = await browser.newPage();
      await page.goto(site.url);
      await page.getByRole('button', { name: /^Play/ }).click();
      await stateIs(page, 'playing');
      expect(await page.getByText(/converted/i).count()).toBeGreaterThan(0);
      const { bitPerfect } = await page.evaluate(
        () =>
          (document.querySelector('radio-player') as unknown as { readonly stats: { readonly bitPerfect: string } })
            .stats,
      );
      expect(bitPerfect).not.toBe('verified');
    } finally {
      await browser.close();
      await site.stop();
    }
  });
});
