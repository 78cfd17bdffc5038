import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PcmGap, unpackS24le } from '@bucket-radio/pcm';
import { seededRandom } from '@bucket-radio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSource } from '../open.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const OVERRUNS = Math.max(2, Math.round(4 * Number(process.env['PROVE_SCALE'] ?? 1)));
const SPACING_PERIODS = 35;

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'capture-overruns-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

/**
 * Takes arecord's arguments and delivers 80 ms at a time in real time. Every 2.8 s it loses frames, as many as `drops` says,
 * and tells of every second one as arecord does. The left channel counts the device's frames, lost ones included.
 */
function standIn(drops: readonly number[], log: string): string {
  return `#!${process.execPath}
const fs = require('node:fs');
const arg = (name) => process.argv[process.argv.indexOf(name) + 1];
const bytes = Number(arg('-c')) * 4;
let frame = 0;
const write = (frames) => {
  const data = Buffer.alloc(frames * bytes);
  for (let at = 0; at < data.length; at += bytes) {
    frame += 1;
    data.writeInt32LE((frame << 8) | 0, at);
    data.writeInt32LE(256, at + 4);
  }
  for (let done = 0; done < data.length; ) {
    try { done += fs.writeSync(1, data, done); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
  }
};
if (process.argv.includes('-s')) { write(Number(arg('-s'))); process.exit(0); }
const drops = ${JSON.stringify(drops)};
const startMs = performance.now();
let periods = 0;
let reports = 0;
const next = () => {
  periods += 1;
  write(3840);
  if (periods % ${SPACING_PERIODS} === 0 && drops.length > 0) {
    const lost = drops.shift();
    fs.appendFileSync(${JSON.stringify(log)}, frame + ' ' + lost + '\\n');
    frame += lost;
    reports += 1;
    if (reports % 2 === 1) fs.writeSync(2, 'overrun!!! (at least ' + (lost / 48).toFixed(3) + ' ms long)\\n');
  }
  setTimeout(next, Math.max(0, startMs + (frame + 3840) / 48 - performance.now()));
};
setTimeout(next, 80);
`;
}

test('every overrun of a device in real time, reported or not, becomes a gap of its length', {
  timeout: 600_000,
}, async () => {
  const random = seededRandom(SEED);
  // Less than the watchdog's 500 ms, or it would open the device again.
  const drops = Array.from({ length: OVERRUNS }, () => Math.round(600 * 10 ** (1.4 * random())));
  const arecord = join(directory, 'arecord');
  const log = join(directory, 'log');
  await writeFile(arecord, standIn(drops, log));
  await chmod(arecord, 0o755);
  const source = await openSource('alsa:hw:CARD=Test', { tools: { arecord } });
  const abort = new AbortController();
  const gaps: PcmGap[] = [];
  /** Timeline position minus the device's own count at the newest frame that was captured. */
  const misplaced: number[] = [];
  const enough = (OVERRUNS + 1) * SPACING_PERIODS * 3840 + drops.reduce((sum, frames) => sum + frames, 0) - 48_000;
  for await (const chunk of source.chunks({ startFrame: 0, signal: abort.signal })) {
    gaps.push(...(chunk.gaps ?? []));
    const counter = unpackS24le(chunk.data.subarray(-6))[0] as number;
    if (counter !== 0) misplaced.push(chunk.position + chunk.frames - counter);
    if (chunk.position > enough) abort.abort();
  }
  const lost = (await readFile(log, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  expect(lost.map(([, frames]) => frames)).toEqual(drops);
  expect(gaps.map(({ reason }) => reason)).toEqual(drops.map((_, index) => (index % 2 === 0 ? 'xrun' : 'stall')));
  const errors = gaps.map(({ frames }, index) => Math.abs(frames - (drops[index] as number)));
  expect(Math.max(...errors)).toBeLessThan(5 * 48);
  expect(Math.max(...misplaced.map(Math.abs))).toBeLessThan(20 * 48);
  expect(source.stats()).toMatchObject({ gaps: OVERRUNS, xruns: Math.ceil(OVERRUNS / 2) });
});
