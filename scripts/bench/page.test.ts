import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../packages/publishable.ts';
import { ratioBars } from '../plot/ratio-bars.ts';
import { lastJsonLine, PLANS, ratios } from './figures.ts';
import { benchPage } from './page.ts';

const [pipeline, upload] = PLANS;

test('the last line of a benchmark is its result, and nothing else is', () => {
  expect(lastJsonLine('a table\n{"bench":"x","cpuRatio":1.5}\n')).toEqual({ bench: 'x', cpuRatio: 1.5 });
  expect(() => lastJsonLine('{"bench":"x"}\nthen something')).toThrow('the last line is not JSON: then something');
});

test('ratios are found where the benchmarks put them; what is missing is left out', () => {
  const results = new Map([
    ['pipeline', { cpuRatio: 1.96 }],
    ['player', { gzipKb: { element: 30, hlsjs: 180 }, pressToSoundMs: { ours: 120, hlsjs: null } }],
  ]);
  expect(ratios(results).map(({ name, ratio }) => [name, ratio])).toEqual([
    ['pipeline: CPU / ffmpeg', 1.96],
    ['player: size / hls.js', 30 / 180],
  ]);
});

test('the page tells what is worse as plainly as what is better, and what did not run', () => {
  const page = benchPage({
    quick: true,
    date: '2026-11-25',
    commit: 'abc1234',
    facts: [['Node', 'v24']],
    outcomes: [
      { plan: pipeline!, command: 'pnpm bench pipeline', result: { cpuRatio: 1.96 } },
      { plan: upload!, command: 'pnpm bench upload', problem: 'it ended with 1' },
    ],
  });
  expect(page).toContain('| pipeline: CPU / ffmpeg | 1.96 | less | **worse** |');
  expect(page).toContain('Did not run: it ended with 1');
  expect(page).toContain('it is no measurement');
});

test('a bar is as long for half as for twice, and its colour says which is good', () => {
  const plot = ratioBars('t', [
    { name: 'a', ratio: 0.5, moreIsBetter: false },
    { name: 'b', ratio: 2, moreIsBetter: false },
  ]);
  const widths = [...plot.matchAll(/<rect .*?width="([\d.]+)".*?fill="(#\w+)"/g)].map(([, width, fill]) => [
    width,
    fill,
  ]);
  expect(widths[0]?.[0]).toBe(widths[1]?.[0]);
  expect(widths[0]?.[1]).not.toBe(widths[1]?.[1]);
});

test('every benchmark of the list can be run by its name', () => {
  const known = readFileSync(join(ROOT, 'scripts', 'bench.mjs'), 'utf8');
  for (const { name } of PLANS) expect(known).toMatch(new RegExp(`^  '?${name}'?: '`, 'm'));
});
