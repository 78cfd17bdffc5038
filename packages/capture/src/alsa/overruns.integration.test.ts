import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { framesToMs, type PcmGap, unpackS24le } from '@bucket-radio/pcm';
import { type StandInArecord, seededRandom, writeStandInArecord } from '@bucket-radio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { LiveCapture } from '../live/live-capture.ts';
import type { LiveAttempt } from '../live/live-input.ts';
import { DEFAULT_TOOLS, type ToolOptions } from '../tool.ts';
import { openAlsa } from './source.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const OVERRUNS = Math.max(2, Math.round(4 * Number(process.env['PROVE_SCALE'] ?? 1)));
const PERIOD_FRAMES = 3840;
const SPACING_PERIODS = 35;
/** Sound this late may be the machine's doing; the capture calls it lost when it stays so. */
const PUNCTUAL_MS = 2;
const MAX_RUNS = 3;

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'capture-overruns-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

/**
 * Every 2.8 s it loses frames, as many as `drops` says, and tells of every second loss as arecord does. The left channel
 * counts the device's frames, lost ones included. The log says what it really did: its process, then each loss, as the
 * frame count before it and the frames lost.
 */
function standIn(drops: readonly number[], log: string): StandInArecord {
  return {
    setUp: `const drops = ${JSON.stringify(drops)};
const log = ${JSON.stringify(log)};
let periods = 0;
let reports = 0;
fs.appendFileSync(log, 'start ' + process.pid + '\\n');`,
    sample: '[frame + 1, 1]',
    afterPeriod: `periods += 1;
  if (periods % ${SPACING_PERIODS} === 0 && drops.length > 0) {
    const lost = drops.shift();
    fs.appendFileSync(log, frame + ' ' + lost + '\\n');
    reports += 1;
    lose(lost, reports % 2 === 1);
  }`,
  };
}

/** One piece of sound, as it reached the capture. */
interface Arrival {
  /** The device's count at its end. */
  readonly frame: number;
  readonly atMs: number;
}

/** Where the newest frame of a piece stands, and where it belongs. */
interface Placed {
  readonly counter: number;
  readonly position: number;
}

interface Loss {
  /** The device's count before it. */
  readonly frame: number;
  readonly lost: number;
}

interface Run {
  readonly gaps: readonly PcmGap[];
  readonly placed: readonly Placed[];
  readonly losses: readonly Loss[];
  readonly starts: number;
  /** How late each piece came, against the most punctual of all: the device, the pipe and this process together. */
  readonly lateness: readonly { readonly frame: number; readonly ms: number }[];
  readonly counts: LiveCapture['counts'];
}

async function run(drops: readonly number[], number: number): Promise<Run> {
  const arecord = join(directory, `arecord-${number}`);
  const log = join(directory, `log-${number}`);
  await writeStandInArecord(arecord, standIn(drops, log));
  const device = await openAlsa('hw:CARD=Test', { tools: { ...DEFAULT_TOOLS, arecord }, onMessage: () => undefined });
  const arrivals: Arrival[] = [];
  const abort = new AbortController();
  const context = { clock: systemClock, onMessage: () => undefined };
  const input = {
    ...device.input,
    start: async (tool: ToolOptions) => watched(await device.input.start(tool), arrivals),
  };
  const capture = new LiveCapture(input, context, { startFrame: 0, signal: abort.signal });
  const gaps: PcmGap[] = [];
  const placed: Placed[] = [];
  const enough = (OVERRUNS + 1) * SPACING_PERIODS * PERIOD_FRAMES + drops.reduce((sum, frames) => sum + frames, 0);
  let end = 0;
  for await (const chunk of capture.chunks()) {
    expect(chunk.position).toBe(end);
    end += chunk.frames;
    gaps.push(...(chunk.gaps ?? []));
    const counter = unpackS24le(chunk.data.subarray(-6))[0] as number;
    if (counter !== 0) placed.push({ counter, position: end });
    if (end > enough - 48_000) abort.abort();
  }
  const lines = (await readFile(log, 'utf8')).trim().split('\n');
  const losses = lines.flatMap((line) => {
    const [frame = 0, lost = 0] = line.split(' ').map(Number);
    return line.startsWith('start') ? [] : [{ frame, lost }];
  });
  const starts = lines.length - losses.length;
  return { gaps, placed, losses, starts, lateness: latenessOf(arrivals), counts: capture.counts };
}

/** Notes when sound arrives, a moment before the capture does. */
function watched(attempt: LiveAttempt, arrivals: Arrival[]): LiveAttempt {
  async function* output(): AsyncGenerator<Uint8Array> {
    for await (const data of attempt.tool.output) {
      const atMs = performance.now();
      // The left channel of the last whole frame, S32_LE.
      const at = data.length - (data.length % attempt.frameBytes) - attempt.frameBytes;
      const frame = new DataView(data.buffer, data.byteOffset).getInt32(at, true) >> 8;
      arrivals.push({ frame, atMs });
      yield data;
    }
  }
  return { ...attempt, toS24le: (data) => attempt.toS24le(data), tool: { ...attempt.tool, output: output() } };
}

function latenessOf(arrivals: readonly Arrival[]): Run['lateness'] {
  const punctual = Math.min(...arrivals.map(({ frame, atMs }) => atMs - framesToMs(frame)));
  return arrivals.map(({ frame, atMs }) => ({ frame, ms: atMs - framesToMs(frame) - punctual }));
}

/**
 * How late even the most punctual sound was, at the worst time that matters: the five pieces after a loss, a second before
 * it, any 800 ms. Nobody can tell that from loss, because nothing was there in time to tell by.
 */
function starvedMs({ lateness, losses }: Run): number {
  const around = losses.flatMap(({ frame }) => {
    const first = lateness.findIndex((arrival) => arrival.frame > frame);
    return [lateness.slice(first, first + 5), lateness.slice(Math.max(0, first - 12), first)];
  });
  const any = lateness.slice(0, -9).map((_, index) => lateness.slice(index, index + 10));
  return Math.max(...[...around, ...any].map((window) => Math.min(...window.map(({ ms }) => ms))));
}

/** The machine ran the device and the capture in real time. */
function inRealTime(result: Run): boolean {
  return result.starts === 1 && starvedMs(result) < PUNCTUAL_MS;
}

/** What came so late just before a loss that nobody can tell on which side of the loss it belongs. */
function isAmbiguous({ counter }: Placed, { lateness, losses }: Run): boolean {
  const loss = losses.find(({ frame }) => frame >= counter);
  if (loss === undefined) return false;
  return lateness.filter(({ frame }) => frame >= counter && frame <= loss.frame).every(({ ms }) => ms > 5);
}

test('every overrun of a device in real time, reported or not, becomes a gap of its length', {
  timeout: 600_000,
}, async () => {
  const random = seededRandom(SEED);
  // Less than the watchdog's 500 ms, or it would open the device again.
  const drops = Array.from({ length: OVERRUNS }, () => Math.round(600 * 10 ** (1.4 * random())));
  let result = await run(drops, 1);
  for (let number = 2; number <= MAX_RUNS && !inRealTime(result); number++) result = await run(drops, number);
  if (inRealTime(result)) expectExact(result, drops);
  else expectAccounted(result);
});

function expectExact(result: Run, drops: readonly number[]): void {
  const { gaps, placed, losses, counts, lateness } = result;
  const late = `ms late: ${lateness.map(({ ms }) => ms.toFixed(1)).join(' ')}`;
  expect(losses.map(({ lost }) => lost)).toEqual(drops);
  const reasons = drops.map((_, index) => (index % 2 === 0 ? 'xrun' : 'stall'));
  expect(
    gaps.map(({ reason }) => reason),
    late,
  ).toEqual(reasons);
  const errorsMs = gaps.map(({ frames }, index) => framesToMs(Math.abs(frames - (drops[index] as number))));
  expect(Math.max(...errorsMs), late).toBeLessThan(5);
  expect(errorsMs.reduce((sum, ms) => sum + ms, 0) / Math.max(1, OVERRUNS / 20), late).toBeLessThan(20);
  const astray = placed.filter(
    (frame) => framesToMs(Math.abs(frame.position - frame.counter)) > 20 && !isAmbiguous(frame, result),
  );
  expect(astray, late).toEqual([]);
  expect(counts).toMatchObject({ gaps: OVERRUNS, xruns: Math.ceil(OVERRUNS / 2) });
}

/** On a machine too busy for real time: no more and no less is filled in than is missing, as far as anybody can tell. */
function expectAccounted(result: Run): void {
  const { gaps, losses, starts, counts } = result;
  expect(counts.lostFrames).toBe(gaps.reduce((sum, { frames }) => sum + frames, 0));
  // A device that was not run for so long that the capture opened it again counts from zero again.
  if (starts > 1) return;
  const lostMs = framesToMs(losses.reduce((sum, { lost }) => sum + lost, 0));
  const starved = starvedMs(result);
  const difference = Math.abs(framesToMs(counts.lostFrames) - lostMs);
  expect(difference, `the machine was late by ${starved} ms`).toBeLessThan(losses.length * (5 + starved));
}
