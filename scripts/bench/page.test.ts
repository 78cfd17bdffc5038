import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMAND_RULES } from '../docs/command-table.ts';
import { ROOT } from '../packages/publishable.ts';
import { ratioBars } from '../plot/ratio-bars.ts';
import { lastJsonLine, PLANS, ratios } from './figures.ts';
import { figuresOf } from './goals.ts';
import { missingFor } from './needs.ts';
import { benchPage } from './page.ts';
import { runToEnd } from './run-to-end.ts';

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

const run = {
  quick: true,
  date: '2026-11-25',
  commit: 'abc1234',
  facts: [['Node', 'v24']],
  outcomes: [
    {
      plan: pipeline!,
      command: 'pnpm bench pipeline',
      output: 'lib 1.2\n\u001b[31ma table\u001b[0m\n{"cpuRatio":1.96}\n',
      seconds: 120,
      result: { cpuRatio: 1.96, peakRssMb: 120, deskCpuRatio: 2.1 },
    },
    { plan: upload!, command: 'pnpm bench upload', output: 'no S3 server', seconds: 1, problem: 'it ended with 1' },
  ],
} as const;

test('the page tells what is worse as plainly as what is better, and what did not run', () => {
  const page = benchPage(run);
  expect(page).toContain('| pipeline: CPU / ffmpeg | 1.96 | less | **worse** |');
  expect(page).toContain('**Did not run: it ended with 1**\n\n```text\nno S3 server\n```');
  expect(page).toContain('it is no measurement');
  expect(page).toContain('in one run of 2 minutes');
});

test('every number says which goal it has, and whether it is met', () => {
  const page = benchPage(run);
  expect(page).toContain('| `cpuRatio` | processor time / ffmpeg | 1.96 | ≤ 0.9 | **missed** |');
  expect(page).toContain('| `peakRssMb` | peak memory, MB | 120 | ≤ 150 | met |');
  expect(page).toMatch(/\| `deskCpuRatio` \| [^|]+ \| 2\.1 \| none, only told \| {2}\|/);
  expect(page).toContain('1 of 2 are met; missed:\n\n- pipeline `cpuRatio`');
  expect(page).toMatch(/Not measured in this run: .*`upload\.file\.cpuRatio`/);
});

test('what a benchmark printed is on the page, without colours and without its line of JSON', () => {
  expect(benchPage(run)).toContain('```text\nlib 1.2\na table\n```');
});

test("a peer's number has no goal, and every number of ours has a meaning", () => {
  const figures = figuresOf('latency', { bench: 'latency', p95Ms: { 1: 2500 }, hlsjs: { p95Ms: 30_000 } });
  expect(figures.map(({ path, goal, isPeer }) => [path, goal !== undefined, isPeer])).toEqual([
    ['p95Ms.1', true, false],
    ['hlsjs.p95Ms', false, true],
  ]);
  expect(figures.every(({ meaning }) => meaning !== '')).toBe(true);
});

test('what is missing is told once, with who needs it and what brings it', () => {
  const missing = missingFor(PLANS, (need) => need !== 'ffmpeg' && need !== 'icecast2');
  expect(missing).toEqual([
    'ffmpeg, for pipeline, publisher, latency, fanout: npm run setup:services',
    'icecast2, for fanout: apt-get install icecast2',
  ]);
});

test('a benchmark that fails keeps what it said, and one that hangs is ended with all that it started', async () => {
  const shell = (script: string, limitMs: number) => runToEnd('sh', ['-c', script], limitMs, ROOT);
  const failed = await shell('echo half; echo why >&2; exit 3', 60_000);
  expect(failed).toMatchObject({ output: 'half\n', complaints: 'why\n', problem: 'it ended with 3' });
  // `sleep` holds the pipes: were it not ended too, this would wait for it.
  const hung = await shell('sleep 3600 & sleep 3600', 300);
  expect(hung).toMatchObject({ problem: 'it was not done after 0.3 s' });
  expect(await shell('echo done', 60_000)).not.toHaveProperty('problem');
  const listeners = process.listenerCount('SIGINT');
  await expect(runToEnd('no-such-program', [], 60_000, ROOT)).rejects.toThrow('ENOENT');
  expect(process.listenerCount('SIGINT')).toBe(listeners);
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

test('the page names commands that the documentation knows', () => {
  for (const { name, full } of PLANS) {
    const command = ['pnpm bench', name, ...full].join(' ');
    expect(
      COMMAND_RULES.some(({ match }) => match.test(command)),
      command,
    ).toBe(true);
  }
});

test('every benchmark of the list can be run by its name', () => {
  const known = readFileSync(join(ROOT, 'scripts', 'bench.mjs'), 'utf8');
  for (const { name } of PLANS) expect(known).toMatch(new RegExp(`^  '?${name}'?: '`, 'm'));
});
