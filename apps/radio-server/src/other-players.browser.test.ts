import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { manifestSchema } from '@bucket-radio/manifest/schema';
import { launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './testing/decode.ts';
import { PlayerLog } from './testing/player-log.ts';
import { type StationProcess, StationRunner } from './testing/station-process.ts';

const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
/** At 240 that is twenty minutes. */
const PLAYED_SECONDS = 5 * SCALE;
/** Lines of the station's log that are shown when a player fails. */
const MAX_STATION_LINES = 120;
/** Long runs play what a station sends by default. */
const LENGTH = SCALE < 20 ? ['--segment-seconds', '2'] : [];

describe.skipIf(!serviceOrSkip('chromium').available)('players that are not ours', () => {
  const runner = new StationRunner();
  let station: StationProcess;

  beforeAll(async () => {
    station = await runner.run(['start', ...LENGTH, '--archive', 'off']);
    await untilLatest(station, 3);
  }, 300_000);
  afterAll(async () => await runner.cleanUp());

  const title = `hls.js plays the station in Chromium for ${PLAYED_SECONDS} s without a 404`;
  it(title, { timeout: 120_000 + PLAYED_SECONDS * 1500 }, async () => {
    const hlsScript = await readFile(createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js'));
    const site = createServer((request, response) => {
      const isScript = request.url === '/hls.js';
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
      response.end(
        isScript ? hlsScript : '<!doctype html><title>hls.js</title><audio></audio><script src="/hls.js"></script>',
      );
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => site.once('listening', resolve));
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const log = new PlayerLog(page, station.liveUrl);
      await page.exposeFunction('note', (line: string) => log.note(line));
      await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
      await page.evaluate((url) => {
        interface HlsErrorLike {
          readonly fatal?: boolean;
          readonly details?: string;
          readonly error?: Error;
          readonly url?: string;
          readonly frag?: { readonly url?: string };
          readonly response?: { readonly code?: number };
        }
        interface HlsLike {
          loadSource(url: string): void;
          attachMedia(media: HTMLMediaElement): void;
          on(event: string, handler: (event: string, data: HlsErrorLike) => void): void;
          readonly levels: readonly { readonly audioCodec?: string }[];
        }
        const Hls = Reflect.get(globalThis, 'Hls') as new () => HlsLike;
        const audio = document.querySelector('audio') as HTMLAudioElement;
        const hls = new Hls();
        const errors: (string | undefined)[] = [];
        // hls.js also complains of a browser whose clock starts late; with data ahead that says nothing of the station.
        const secondsAhead = () => {
          const { buffered, currentTime } = audio;
          const ends = Array.from({ length: buffered.length }, (_, index) => buffered.end(index));
          return Math.max(0, ...ends.map((end) => end - currentTime));
        };
        const note = Reflect.get(globalThis, 'note') as (line: string) => Promise<void>;
        hls.on('hlsError', (_, { details, fatal, error, frag, url, response }) => {
          const where = [frag?.url ?? url, response?.code, error?.message].filter((known) => known !== undefined);
          const at = `at ${audio.currentTime.toFixed(2)} s with ${secondsAhead().toFixed(2)} s ahead`;
          void note(`hls.js: ${details}${fatal ? ' (fatal)' : ''} ${at}: ${where.join(', ')}`);
          if (details !== 'bufferStalledError' || secondsAhead() < 1) errors.push(details);
        });
        Reflect.set(globalThis, 'playback', () => ({
          currentTime: audio.currentTime,
          secondsAhead: secondsAhead(),
          paused: audio.paused,
          errors,
          codecs: hls.levels.map(({ audioCodec }) => audioCodec),
          ranges: audio.buffered.length,
        }));
        hls.loadSource(url);
        hls.attachMedia(audio);
        // Also when the browser has lost its sound device for a moment.
        audio.addEventListener('pause', () => void audio.play());
        void audio.play();
      }, `${station.liveUrl}/index.m3u8`);
      try {
        const result = await playFor(page, PLAYED_SECONDS);
        expect(result.errors).toEqual([]);
        expect(result.codecs.map((codec) => codec?.toLowerCase()).sort()).toEqual(['flac', 'opus']);
        expect(result.ranges).toBe(1);
        expect(log.refused).toEqual([]);
        expect(log.statuses.get(200)).toBeGreaterThan(PLAYED_SECONDS / 10);
        const answers = [...log.statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
        process.stdout.write(`hls.js played ${PLAYED_SECONDS} s: ${answers}, ${result.errors.length} errors\n`);
      } catch (error) {
        const told = station.output().split('\n').slice(-MAX_STATION_LINES).join('\n');
        process.stdout.write(`what the player asked:\n${await log.text()}\nwhat the station said:\n${told}\n`);
        throw error;
      }
    } finally {
      await browser.close();
      site.close();
    }
  });

  it.skipIf(!serviceOrSkip('mpv').available)('mpv plays the station', async () => {
    const wav = join(station.directory, 'heard.wav');
    await run('mpv', [
      '--no-config',
      '--no-video',
      '--really-quiet',
      '--ao=pcm',
      `--ao-pcm-file=${wav}`,
      '--length=2',
      `${station.liveUrl}/index.m3u8`,
    ]);
    const heard = (await readFile(wav)).subarray(44);
    const loud = heard.filter((byte) => byte !== 0).length;
    expect(loud).toBeGreaterThan(heard.length / 4);
  });
});

/** On a busy computer a segment may be passed over: its line in the log proves nothing. */
async function untilLatest({ liveUrl }: StationProcess, index: number): Promise<void> {
  for (;;) {
    const response = await fetch(`${liveUrl}/manifest.json`).catch(() => undefined);
    if (response?.ok === true && manifestSchema.parse(await response.json()).latest >= index) return;
    await delay(LOOK_INTERVAL_MS);
  }
}

interface Playback {
  readonly currentTime: number;
  readonly secondsAhead: number;
  readonly paused: boolean;
  readonly errors: readonly (string | undefined)[];
  readonly codecs: readonly (string | undefined)[];
  readonly ranges: number;
}

const LOOK_INTERVAL_MS = 500;
/** A player that stands still for so long will not go on. */
const MAX_STILL_MS = 60_000;

/** Resolves when the page has played `seconds`. @throws Error when it stands still, with what it says of itself */
async function playFor(page: Page, seconds: number): Promise<Playback> {
  let first: number | undefined;
  let last = 0;
  let movedMs = performance.now();
  for (;;) {
    const playback = await page.evaluate(() => (Reflect.get(globalThis, 'playback') as () => Playback)());
    const { currentTime } = playback;
    if (currentTime > 0) first ??= currentTime;
    if (currentTime >= (first ?? Number.POSITIVE_INFINITY) + seconds) return playback;
    if (currentTime !== last) movedMs = performance.now();
    last = currentTime;
    if (performance.now() - movedMs > MAX_STILL_MS) throw new Error(`stands still: ${JSON.stringify(playback)}`);
    await delay(LOOK_INTERVAL_MS);
  }
}
