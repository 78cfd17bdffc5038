// pnpm bench restart: a station is killed with SIGKILL and started again. From the start of the process to its first
// captured frame, and from there until a listener can read a segment of the new run. ffmpeg's HLS muxer is started
// beside it, into a directory as well: it numbers anew and has nothing to take over.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { expandSegmentTemplate, parseManifest } from '@bucket-radio/manifest';
import { median } from '@bucket-radio/testing/statistics';
import { type StationProcess, StationRunner } from '../src/testing/station-process.ts';

const { values } = parseArgs({
  options: {
    /** Restarts per length; the medians and the slowest are told. */
    restarts: { type: 'string', default: '3' },
    lengths: { type: 'string', default: '1,2,4,10' },
  },
});
/** What the station promises: capturing within 3 s, and a segment readable 2 s after its last frame. */
const CAPTURE_LIMIT_MS = 3000;
const READABLE_LIMIT_MS = 2000;
const LOOK_INTERVAL_MS = 20;
const restarts = Number(values.restarts);
const lengths = values.lengths.split(',').map(Number);
const runner = new StationRunner();
const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Times {
  /** From the start of the process to the first captured frame, in milliseconds. */
  readonly captureMs: number;
  /** From the first captured frame to the end of the first whole segment's way, less the segment itself. */
  readonly readableMs: number;
}

/** Resolves when a listener has read both renditions of a segment from `first` on. */
async function readableFrom({ liveUrl }: StationProcess, first: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`${liveUrl}/manifest.json`).catch(() => undefined);
    const manifest = answer?.ok === true ? parseManifest(await answer.text()) : undefined;
    if (manifest !== undefined && manifest.latest >= first) {
      for (const { segment } of manifest.renditions) {
        const object = await fetch(`${liveUrl}/${expandSegmentTemplate(segment, manifest.latest)}`);
        if (!object.ok) throw new Error(`the manifest names a segment that answers ${object.status}`);
        await object.arrayBuffer();
      }
      return;
    }
    await delay(LOOK_INTERVAL_MS);
  }
}

async function restartOnce(dataDir: string, seconds: number): Promise<Times> {
  const startMs = performance.now();
  const station = await runner.run(['start', '--segment-seconds', String(seconds), '--archive', 'off'], {
    RADIO_DATA_DIR: dataDir,
  });
  await station.waitFor('capturing ');
  const capturedMs = performance.now();
  const first = Number(/from segment (\d+)/.exec(station.output())?.[1] ?? 0);
  await readableFrom(station, first);
  const readMs = performance.now();
  station.kill('SIGKILL');
  await station.ended;
  return { captureMs: capturedMs - startMs, readableMs: readMs - capturedMs - seconds * 1000 };
}

async function ffmpegOnce(directory: string, seconds: number): Promise<number> {
  const playlist = join(directory, 'hq.m3u8');
  rmSync(playlist, { force: true });
  const startMs = performance.now();
  const child = spawn(
    'ffmpeg',
    [
      ...['-v', 'error', '-re', '-f', 'lavfi', '-i', 'sine=1000:r=48000', '-c:a', 'flac', '-ac', '2', '-strict', '-2'],
      ...['-f', 'hls', '-hls_time', String(seconds), '-hls_segment_type', 'fmp4', '-y', playlist],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], cwd: directory },
  );
  for (;;) {
    const text = readIfThere(playlist);
    if (text.includes('#EXTINF')) break;
    await delay(LOOK_INTERVAL_MS);
  }
  const readableMs = performance.now() - startMs - seconds * 1000;
  child.kill('SIGKILL');
  await once(child, 'close');
  return readableMs;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const directory = mkdtempSync(join(tmpdir(), 'bench-restart-'));
try {
  say(`${process.version}, ${spawnSync('ffmpeg', ['-version'], { encoding: 'utf8' }).stdout.split('\n')[0]}`);
  const captureMs: Record<string, number> = {};
  const readableMs: Record<string, number> = {};
  const peerReadableMs: Record<string, number> = {};
  let worst: Times = { captureMs: 0, readableMs: 0 };
  for (const seconds of lengths) {
    const dataDir = join(directory, String(seconds));
    await restartOnce(dataDir, seconds);
    const times: Times[] = [];
    const peer: number[] = [];
    for (let n = 0; n < restarts; n++) {
      times.push(await restartOnce(dataDir, seconds));
      peer.push(await ffmpegOnce(directory, seconds));
    }
    worst = {
      captureMs: Math.max(worst.captureMs, ...times.map((time) => time.captureMs)),
      readableMs: Math.max(worst.readableMs, ...times.map((time) => time.readableMs)),
    };
    captureMs[seconds] = Math.round(median(times.map((time) => time.captureMs)));
    readableMs[seconds] = Math.round(median(times.map((time) => time.readableMs)));
    peerReadableMs[seconds] = Math.round(median(peer));
    say(
      `${String(seconds).padStart(2)} s: capturing ${captureMs[seconds]} ms after the start, the first segment readable ` +
        `${readableMs[seconds]} ms after its last frame (ffmpeg: ${peerReadableMs[seconds]} ms after its start and a segment)`,
    );
  }
  const kept = worst.captureMs <= CAPTURE_LIMIT_MS && worst.readableMs <= READABLE_LIMIT_MS;
  say(
    `slowest: ${worst.captureMs.toFixed(0)} ms and ${worst.readableMs.toFixed(0)} ms; limits ${CAPTURE_LIMIT_MS} and ${READABLE_LIMIT_MS}`,
  );
  say(
    JSON.stringify({
      bench: 'restart',
      captureMs,
      readableMs,
      slowest: { captureMs: Math.round(worst.captureMs), readableMs: Math.round(worst.readableMs) },
      withinLimits: kept,
      ffmpeg: { readableMs: peerReadableMs },
    }),
  );
} finally {
  await runner.cleanUp();
  rmSync(directory, { recursive: true, force: true });
}
