// pnpm bench latency: from capture through the bucket to the ear, measured by the sound itself: noise goes into one
// null sink, the station captures its monitor, a real Chromium plays into another sink, and the two are correlated.
// Beside it, HLS of 10 s by ffmpeg, from the same sink, played by hls.js.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { launchChromium } from '@bucket-radio/testing';
import type { Browser, Page } from 'playwright-core';
import { startSite } from '../src/testing/site-process.ts';
import { StationRunner } from '../src/testing/station-process.ts';
import { delaysMs, NoisePlayer, percentile, SinkRecorder, until } from './latency-sound.ts';

const { values } = parseArgs({
  options: {
    /** Seconds of listening that are measured, each one alone. */
    seconds: { type: 'string', default: '40' },
    lengths: { type: 'string', default: '1,2,10' },
    /** Mode of the player: `low`, `balanced` or `stable`. */
    mode: { type: 'string', default: 'balanced' },
    peer: { type: 'string', default: 'yes' },
  },
});
const seconds = Number(values.seconds);
const lengths = values.lengths.split(',').map(Number);
/** Players may still move to their place meanwhile. */
const SETTLE_MS = 6000;
const GOALS_P95_MS: Readonly<Record<number, number>> = { 1: 3000, 2: 4500, 10: 14_000 };
/** Of HLS; four of its segments and some more. */
const HLS_MAX_SECONDS = 50;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const directory = mkdtempSync(join(tmpdir(), 'bench-latency-'));
const SOUND_CARD = new URL('../../../scripts/services/fake-soundcard.sh', import.meta.url).pathname;

interface Latency {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly found: number;
  /** What the player itself says. */
  readonly of?: string;
}

/** A sound card of our own; its variables go into the environment. */
function startSoundCard(): () => void {
  const where = join(directory, 'sound');
  const { status, stdout, stderr } = spawnSync('bash', [SOUND_CARD, 'start', where], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`no sound card: ${stderr.trim()}; npm run setup:services`);
  for (const [, name = '', value = ''] of stdout.matchAll(/^(\w+)=(.*)$/gm)) process.env[name] = value;
  return () => void spawnSync('bash', [SOUND_CARD, 'stop', where]);
}

/** Everything that plays now plays into `ears`; measures what arrives there. @param maxSeconds no latency is longer */
async function listen(maxSeconds: number): Promise<Latency> {
  const deck = new SinkRecorder('deck.monitor');
  const ears = new SinkRecorder('ears.monitor');
  // What is heard in the first measured second was played this much earlier.
  await delay((maxSeconds + seconds + 1) * 1000);
  await Promise.all([deck.stop(), ears.stop()]);
  const delays = delaysMs(deck, ears, seconds, maxSeconds);
  const round = (ms: number): number => Math.round(ms);
  return { p50Ms: round(percentile(delays, 0.5)), p95Ms: round(percentile(delays, 0.95)), found: delays.length };
}

async function openBrowser(): Promise<Browser> {
  const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => !!entry[1]));
  return launchChromium({ audible: true, env: { ...env, PULSE_SINK: 'ears' } });
}

/** The station, its listener site, and the player as a listener finds it. */
async function ourLatency(segmentSeconds: number): Promise<Latency> {
  const runner = new StationRunner();
  const station = await runner.run([
    ...['start', '--source', 'pulse:deck.monitor', '--segment-seconds', String(segmentSeconds)],
    ...['--archive', 'off', '--station', 'Noise'],
  ]);
  const site = await startSite(station.originPort);
  const browser = await openBrowser();
  try {
    await until('three segments', async () => {
      const response = await fetch(`${station.liveUrl}/manifest.json`);
      return ((await response.json()) as { latest: number }).latest >= 2;
    });
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.evaluate((mode) => {
      const player = document.querySelector('radio-player') as unknown as { latencyMode: string; quality: string };
      Object.assign(player, { latencyMode: mode, quality: 'hq' });
    }, values.mode);
    await page.getByRole('button', { name: /^Play/ }).click();
    await until('sound', () =>
      page.evaluate(() => (document.querySelector('radio-player') as unknown as { state: string }).state === 'playing'),
    );
    await delay(SETTLE_MS);
    const latency = await listen(3 * segmentSeconds + 6);
    return { ...latency, of: await describe(page) };
  } finally {
    await browser.close();
    await site.stop();
    await runner.cleanUp();
  }
}

async function describe(page: Page): Promise<string> {
  return page.evaluate(() => {
    interface Player {
      readonly stats: { readonly latencySeconds: number; readonly bufferedSeconds: number; readonly underruns: number };
      readonly engine: { readonly outputNode: AudioNode };
    }
    const { stats, engine } = document.querySelector('radio-player') as unknown as Player;
    const { outputLatency, baseLatency } = engine.outputNode.context as AudioContext;
    const ms = (value: number): number => Math.round(value * 1000);
    return `by the player ${ms(stats.latencySeconds)}; in hand ${ms(stats.bufferedSeconds)}, browser and daemon ${ms(outputLatency + baseLatency)}, ${stats.underruns} underruns`;
  });
}

/** ffmpeg as it is usually told to make HLS, a plain web server, and hls.js with its own settings. */
async function hlsLatency(): Promise<Latency> {
  const input = ['-f', 'pulse', '-i', 'deck.monitor', '-c:a', 'aac', '-b:a', '192k'];
  const output = ['-f', 'hls', '-hls_time', '10', '-hls_list_size', '6', join(directory, 'live.m3u8')];
  const ffmpeg = spawn('ffmpeg', ['-v', 'error', '-y', ...input, ...output], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const { server, url } = await serveHls();
  const browser = await openBrowser();
  try {
    await until(
      'three segments',
      async () => (readFileSync(join(directory, 'live.m3u8'), 'utf8').match(/#EXTINF/g) ?? []).length >= 3,
    );
    const page = await browser.newPage();
    await page.goto(url);
    await startHls(page);
    await delay(SETTLE_MS);
    return await listen(HLS_MAX_SECONDS);
  } finally {
    await browser.close();
    server.close();
    await stop(ffmpeg);
  }
}

async function startHls(page: Page): Promise<void> {
  await page.evaluate(() => {
    const Hls = Reflect.get(globalThis, 'Hls') as new () => {
      loadSource(url: string): void;
      attachMedia(media: HTMLMediaElement): void;
    };
    const hls = new Hls();
    const audio = document.querySelector('audio') as HTMLAudioElement;
    hls.loadSource('/live.m3u8');
    hls.attachMedia(audio);
    void audio.play();
  });
  await until('sound', () => page.evaluate(() => (document.querySelector('audio')?.currentTime ?? 0) > 1));
}

async function serveHls(): Promise<{ readonly server: Server; readonly url: string }> {
  const script = await readFile(createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js'));
  const html = '<!doctype html><title>hls.js</title><audio></audio><script src="/hls.js"></script>';
  const server = createServer((request, response) => {
    const name = /^\/([\w.]*)$/.exec(request.url ?? '')?.[1] ?? '';
    if (name === '') response.setHeader('Content-Type', 'text/html').end(html);
    else if (name === 'hls.js') response.setHeader('Content-Type', 'text/javascript').end(script);
    else
      readFile(join(directory, name)).then(
        (body) => response.setHeader('Cache-Control', 'no-cache').end(body),
        () => response.writeHead(404).end(),
      );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

async function main(): Promise<void> {
  const stopSoundCard = startSoundCard();
  const noise = new NoisePlayer('deck');
  const row = (name: string, { p50Ms, p95Ms, found, of = '' }: Latency, goal?: number): void =>
    say(
      `${name.padEnd(36)}${String(p50Ms).padStart(8)}${String(p95Ms).padStart(8)}${String(goal ?? '').padStart(8)}   ${found}/${seconds}   ${of}`,
    );
  try {
    say(
      `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}; loopback, PulseAudio null sinks`,
    );
    say(`${'capture → bucket → ear, ms'.padEnd(36)}     p50     p95    goal   seconds found`);
    const p50Ms: Record<number, number> = {};
    const p95Ms: Record<number, number> = {};
    for (const length of lengths) {
      const latency = await ourLatency(length);
      p50Ms[length] = latency.p50Ms;
      p95Ms[length] = latency.p95Ms;
      row(`bucket-radio, ${length} s, ${values.mode}`, latency, GOALS_P95_MS[length]);
    }
    const peer = values.peer === 'yes' ? await hlsLatency() : undefined;
    if (peer !== undefined) row('ffmpeg HLS 10 s, hls.js', peer);
    const hls = peer === undefined ? {} : { hlsjs: { p50Ms: peer.p50Ms, p95Ms: peer.p95Ms } };
    say(JSON.stringify({ bench: 'latency', p50Ms, p95Ms, ...hls }));
  } finally {
    await noise.stop();
    stopSoundCard();
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
