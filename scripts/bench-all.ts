// pnpm bench all [--quick] [--only NAME,NAME]: every benchmark in one run → docs/benchmarks.md and its plot.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromiumPath } from '../packages/testing/src/services.ts';
import { type BenchPlan, lastJsonLine, PLANS, ratios } from './bench/figures.ts';
import { type BenchOutcome, benchPage } from './bench/page.ts';
import { ROOT } from './packages/publishable.ts';
import { ratioBars } from './plot/ratio-bars.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
const only = values.only?.split(',');
const plans = PLANS.filter(({ name }) => only?.includes(name) ?? true);
if (plans.length === 0) {
  console.error(`--only takes names out of ${PLANS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

async function run(plan: BenchPlan): Promise<BenchOutcome> {
  const options = values.quick ? plan.quick : plan.full;
  const command = ['pnpm bench', plan.name, ...options].join(' ');
  console.log(`\n== ${command}`);
  const child = spawn('node', ['scripts/bench.mjs', plan.name, ...options], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    output += data;
    process.stdout.write(data);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  try {
    if (code !== 0) throw new Error(`it ended with ${code ?? 'a signal'}`);
    return { plan, command, result: lastJsonLine(output) };
  } catch (error) {
    return { plan, command, problem: error instanceof Error ? error.message : String(error) };
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

const [first] = cpus();
const load = loadavg()[0]?.toFixed(1) ?? '?';
const facts: (readonly [string, string])[] = [
  ['processor', `${cpus().length} × ${first?.model.trim() ?? 'unknown'} (${process.arch})`],
  ['memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
  ['system', version('sh', '-c', '. /etc/os-release; echo "$PRETTY_NAME, Linux $(uname -r)"')],
  ['Node', process.version],
  ['ffmpeg', version('ffmpeg', '-version')],
  ['Chromium', version(chromiumPath(), '--version')],
  ['Icecast', version('icecast2', '-v')],
  ['Ceph RGW', version('radosgw', '--version')],
];
const outcomes: BenchOutcome[] = [];
for (const plan of plans) outcomes.push(await run(plan));
facts.push(['load before, after', `${load}, ${loadavg()[0]?.toFixed(1) ?? '?'}`]);

const commit = version('git', '-C', ROOT, 'rev-parse', '--short', 'HEAD');
const date = new Date().toISOString().slice(0, 10);
const results = new Map(outcomes.flatMap(({ plan, result }) => (result ? [[plan.name, result] as const] : [])));
writeFileSync(join(ROOT, 'docs', 'benchmarks.md'), benchPage({ quick: values.quick, date, commit, facts, outcomes }));
writeFileSync(join(ROOT, 'docs', 'images', 'benchmarks.svg'), ratioBars('Ours against the peers', ratios(results)));
const failed = outcomes.filter(({ result }) => result === undefined);
for (const { plan, problem } of failed) console.error(`${plan.name} did not run: ${problem}`);
console.log(JSON.stringify({ bench: 'all', quick: values.quick, ran: results.size, failed: failed.length }));
process.exitCode = failed.length === 0 ? 0 : 1;
