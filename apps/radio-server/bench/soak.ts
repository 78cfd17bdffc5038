// pnpm soak --minutes N [--out DIRECTORY] [--segment-seconds S]: a station on a sound card, an S3 server, the site and a
// browser that listens, looked at every ten seconds. Writes soak.json and soak.svg; ends with one line of JSON.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launchChromium } from '@bucket-radio/testing';
import { freePort, StationRunner } from '../src/testing/station-process.ts';
import { soakPlot } from './soak/plot.ts';
import {
  cpuSeconds,
  descendantsRssMb,
  type Measure,
  metric,
  openFiles,
  rssMb,
  type SoakSample,
} from './soak/sample.ts';
import { end, feedSoundCard, publicBucket, startService } from './soak/services.ts';
import { slopeOf } from './soak/slope.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    'segment-seconds': { type: 'string', default: '2' },
    out: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
if (!(minutes >= 1)) throw new Error(`--minutes is ${values.minutes}: use a number of at least 1`);
const EVERY_MS = 10_000;
const SITE = fileURLToPath(new URL('../../radio-client/src/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

interface PlayerStats {
  readonly state: string;
  readonly underruns: number;
  readonly latencySeconds?: number;
  readonly bitPerfectVerified: number;
  readonly bitPerfectFailed: number;
}

const directory = mkdtempSync(join(tmpdir(), 'soak-'));
const undo: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true })];
const samples: SoakSample[] = [];
try {
  const s3 = startService('ceph-rgw.sh', join(directory, 's3'), String(await freePort()));
  undo.push(s3.stop);
  const sound = startService('fake-soundcard.sh', join(directory, 'sound'));
  undo.push(sound.stop);
  const keys = { accessKeyId: s3.env['S3_ACCESS_KEY'] ?? '', secretAccessKey: s3.env['S3_SECRET_KEY'] ?? '' };
  const bucket = await publicBucket(s3.env['S3_ENDPOINT'] ?? '', keys);
  const environment = { ...process.env, ...sound.env };
  const tone = feedSoundCard(environment);
  undo.push(() => end(tone, 'SIGKILL'));

  const runner = new StationRunner();
  undo.push(() => runner.cleanUp());
  const length = ['--segment-seconds', values['segment-seconds']];
  const station = await runner.run(['start', '--source', 'alsa:deck', ...length], { ...sound.env, ...bucket });
  await station.waitFor('on air');
  const sitePort = await freePort();
  const site = spawn(process.execPath, ['--conditions=@bucket-radio/source', SITE], {
    env: { ...process.env, PORT: String(sitePort), R2_PUBLIC_URL: bucket['R2_PUBLIC_URL'] },
    stdio: 'ignore',
  });
  undo.push(() => end(site, 'SIGTERM'));

  const browser = await launchChromium({ env: { ...definedOnly(environment), PULSE_SINK: 'ears' } });
  undo.push(() => browser.close());
  const page = await browser.newPage();
  await goto(`http://localhost:${sitePort}/`);
  await page.evaluate(() => (document.querySelector('radio-player') as unknown as { play(): void }).play());

  const others = new Set([station.pid, site.pid ?? 0, tone.pid ?? 0]);
  const startedMs = performance.now();
  let cpuBefore = cpuSeconds(station.pid);
  let lookedMs = startedMs;
  say(`station ${station.pid}, browser and site; ${minutes} min, segments of ${values['segment-seconds']} s`);
  while (performance.now() - startedMs < minutes * 60_000) {
    await delay(EVERY_MS);
    const metrics = await (await fetch(`http://127.0.0.1:${station.monitorPort}/metrics`)).text();
    const player = await page.evaluate(
      () => (document.querySelector('radio-player') as unknown as { readonly stats?: PlayerStats }).stats,
    );
    const cpu = cpuSeconds(station.pid);
    const nowMs = performance.now();
    const sample: SoakSample = {
      seconds: Math.round((nowMs - startedMs) / 1000),
      stationRssMb: rssMb(station.pid),
      stationFds: openFiles(station.pid),
      stationCpuPercent: ((cpu - cpuBefore) / (nowMs - lookedMs)) * 100_000,
      browserRssMb: descendantsRssMb(process.pid, others),
      siteRssMb: rssMb(site.pid ?? 0),
      xruns: metric(metrics, 'radio_capture_xruns_total'),
      gaps: metric(metrics, 'radio_capture_gaps_total'),
      lostSeconds: metric(metrics, 'radio_capture_lost_seconds_total'),
      segmentsPublished: metric(metrics, 'radio_segments_published_total'),
      segmentsDropped: metric(metrics, 'radio_segments_dropped_total'),
      publishFailures: metric(metrics, 'radio_publish_failures_total'),
      underruns: player?.underruns ?? 0,
      latencySeconds: player?.latencySeconds,
      state: player?.state ?? 'stopped',
      verifiedSegments: player?.bitPerfectVerified ?? 0,
      verificationsFailed: player?.bitPerfectFailed ?? 0,
    };
    samples.push(sample);
    cpuBefore = cpu;
    lookedMs = nowMs;
    const { seconds, stationRssMb, stationFds, stationCpuPercent, xruns, underruns, state } = sample;
    say(
      `${seconds} s: ${stationRssMb.toFixed(0)} MB, ${stationFds} files, ${stationCpuPercent.toFixed(1)} %, ${xruns} xruns, ${underruns} underruns, ${state}`,
    );
  }
  station.kill('SIGTERM');
  const { code } = await station.ended;
  write(code);

  async function goto(url: string): Promise<void> {
    const untilMs = performance.now() + 60_000;
    while (
      !(await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (performance.now() > untilMs) throw new Error(`${url} does not answer`);
      await delay(200);
    }
    await page.goto(url);
  }
} finally {
  for (const step of undo.reverse()) await step();
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function write(exitCode: number | null): void {
  const measures: readonly Measure[] = ['stationRssMb', 'stationFds', 'stationCpuPercent', 'browserRssMb', 'siteRssMb'];
  const rounded = (value: number): number => Math.round(value * 100) / 100;
  const slopes = Object.fromEntries(
    measures.map((measure) => {
      const { perHour, first, last, most } = slopeOf(samples, measure);
      const figures = { perHour: rounded(perHour), first: rounded(first), last: rounded(last), most: rounded(most) };
      return [measure, figures];
    }),
  );
  const last = samples.at(-1);
  const counts = last && {
    xruns: last.xruns,
    gaps: last.gaps,
    lostSeconds: last.lostSeconds,
    segmentsPublished: last.segmentsPublished,
    segmentsDropped: last.segmentsDropped,
    publishFailures: last.publishFailures,
    underruns: last.underruns,
    verifiedSegments: last.verifiedSegments,
    verificationsFailed: last.verificationsFailed,
    samplesNotPlaying: samples.filter(({ state }) => state !== 'playing').length,
    stationExitCode: exitCode,
  };
  const command = `pnpm soak --minutes ${values.minutes} --segment-seconds ${values['segment-seconds']}`;
  const machine = `${cpus().length} cores ${process.arch}, Node ${process.version.slice(1)}`;
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).stdout.trim();
  const lost = (counts?.gaps ?? 0) + (counts?.underruns ?? 0) + (counts?.segmentsDropped ?? 0);
  const verdict =
    lost === 0 && counts?.verificationsFailed === 0 && exitCode === 0
      ? 'no sample lost, no underrun, no segment dropped, every segment verified, ended with 0; the slopes are above'
      : 'something was lost, or it did not end with 0: see the counts';
  const notes =
    'Slopes by least squares after the first third. The sound card is PulseAudio, the S3 server Ceph RGW, on one machine.';
  const summary = { command, seed: null, scale: null, commit, machine, minutes, slopes, counts, notes, verdict };
  const whole = { ...summary, samples: samples.map((sample) => mapNumbers(sample, rounded)) };
  const json = values.out === undefined ? join(ROOT, 'docs/measurements') : values.out;
  const image = values.out === undefined ? join(ROOT, 'docs/images') : values.out;
  for (const path of [json, image]) mkdirSync(path, { recursive: true });
  writeFileSync(join(json, 'soak.json'), `${JSON.stringify(whole, undefined, 1)}\n`);
  writeFileSync(join(image, 'soak.svg'), soakPlot(samples, `${minutes} minutes of a station and a listener`));
  say(JSON.stringify({ bench: 'soak', minutes, slopes, counts }));
}

function mapNumbers(sample: SoakSample, change: (value: number) => number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(sample).map(([name, value]) => [name, typeof value === 'number' ? change(value) : value]),
  );
}
