// pnpm bench all: every benchmark in one run → docs/benchmarks.md and its plots.
// pnpm bench all [--quick] [--only NAME,NAME]: only to see that they run → test-results/bench/.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromiumPath } from '../packages/testing/src/services.ts';
import { type BenchPlan, lastJsonLine, PLANS, ratios } from './bench/figures.ts';
import { missingFor } from './bench/needs.ts';
import { type BenchOutcome, benchPage } from './bench/page.ts';
import { runToEnd } from './bench/run-to-end.ts';
import { ROOT } from './packages/publishable.ts';
import { ratioBars } from './plot/ratio-bars.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
const only = values.only?.split(',');
const plans = PLANS.filter(({ name }) => only?.includes(name) ?? true);
const unknown = only?.filter((name) => PLANS.every((plan) => plan.name !== name)) ?? [];
if (plans.length === 0 || unknown.length > 0) {
  console.error(`--only takes names out of ${PLANS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const missing = missingFor(plans);
if (missing.length > 0) {
  console.error(`Not started, for this is missing:\n${missing.map((line) => `  ${line}`).join('\n')}`);
  console.error('Or leave benchmarks out: --only NAME,NAME');
  process.exit(2);
}
/** Longer than any of them takes on a slow machine: one that hangs must not keep the others from running. */
const LIMIT_MS = 15 * 60_000;
const whole = !values.quick && only === undefined;
const directory = whole ? join(ROOT, 'docs') : join(ROOT, 'test-results', 'bench');

async function run(plan: BenchPlan): Promise<BenchOutcome> {
  const full = whole ? plan.full : plan.full.filter((option) => option !== '--write');
  const options = values.quick ? plan.quick : full;
  const command = ['pnpm bench', plan.name, ...options].join(' ');
  console.log(`\n== ${command}`);
  const ended = await runToEnd('node', ['scripts/bench.mjs', plan.name, ...options], LIMIT_MS, ROOT);
  if (ended.interrupted) process.exit(130);
  const { output, complaints, seconds } = ended;
  try {
    if (ended.problem !== undefined) throw new Error(ended.problem);
    return { plan, command, output, seconds, result: lastJsonLine(output) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { plan, command, output: `${output}\n${complaints}`, seconds, problem };
  }
}

/** The first line of what a program says of its version, or that it is not there. */
function version(program: string | undefined, ...args: readonly string[]): string {
  try {
    return (
      execFileSync(program ?? '', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).split('\n')[0] ?? ''
    );
  } catch {
    return 'not installed';
  }
}

function load(): string {
  return loadavg()[0]?.toFixed(1) ?? '?';
}

const [first] = cpus();
const loadBefore = load();
const commit = version('git', '-C', ROOT, 'rev-parse', '--short', 'HEAD');
const facts: readonly (readonly [string, string])[] = [
  ['processor', `${cpus().length} × ${first?.model.trim() ?? 'unknown'} (${process.arch})`],
  ['memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
  ['system', version('sh', '-c', '. /etc/os-release; echo "$PRETTY_NAME, Linux $(uname -r | cut -d. -f1-2)"')],
  ['Node', process.version],
  ['ffmpeg', version('ffmpeg', '-version').replace(/ Copyright.*/, '')],
  ['Chromium', version(chromiumPath(), '--version')],
  ['nginx', version('sh', '-c', 'PATH="$PATH:/usr/sbin" nginx -v 2>&1')],
  ['Icecast', version('icecast2', '-v')],
  ['Ceph RGW', version('radosgw', '--version')],
];
const outcomes: BenchOutcome[] = [];
const results = (): ReadonlyMap<string, NonNullable<BenchOutcome['result']>> =>
  new Map(outcomes.flatMap(({ plan, result }) => (result ? [[plan.name, result] as const] : [])));
mkdirSync(join(directory, 'images'), { recursive: true });
for (const plan of plans) {
  outcomes.push(await run(plan));
  // After each: what was measured stays, whatever becomes of the next.
  const page = benchPage({
    quick: values.quick,
    date: new Date().toISOString().slice(0, 10),
    commit,
    facts: [...facts, ['load of the machine before, after', `${loadBefore}, ${load()}`]],
    outcomes,
  });
  writeFileSync(join(directory, 'benchmarks.md'), page);
  writeFileSync(join(directory, 'images', 'benchmarks.svg'), ratioBars('Ours against the peers', ratios(results())));
}
const failed = outcomes.filter(({ result }) => result === undefined);
for (const { plan, problem } of failed) console.error(`${plan.name} did not run: ${problem}`);
console.log(`written to ${join(directory, 'benchmarks.md')}`);
console.log(JSON.stringify({ bench: 'all', quick: values.quick, ran: results().size, failed: failed.length }));
process.exitCode = failed.length === 0 ? 0 : 1;
