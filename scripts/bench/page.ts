import type { BenchPlan, BenchResult } from './figures.ts';
import { ratios } from './figures.ts';

/** What became of one benchmark. */
export interface BenchOutcome {
  readonly plan: BenchPlan;
  readonly command: string;
  readonly result?: BenchResult;
  /** Why there is no result. */
  readonly problem?: string;
}

export interface BenchRun {
  readonly quick: boolean;
  readonly date: string;
  readonly commit: string;
  /** Name and value, a line each: machine, versions, load. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly outcomes: readonly BenchOutcome[];
}

/** docs/benchmarks.md, whole. */
export function benchPage({ quick, date, commit, facts, outcomes }: BenchRun): string {
  const results = new Map(outcomes.flatMap(({ plan, result }) => (result ? [[plan.name, result] as const] : [])));
  const bars = ratios(results);
  const rows = bars.map(
    ({ name, ratio, moreIsBetter }) =>
      `| ${name} | ${ratio.toFixed(2)} | ${moreIsBetter ? 'more' : 'less'} | ${(moreIsBetter ? ratio >= 1 : ratio <= 1) ? 'better' : '**worse**'} |`,
  );
  const warning = quick
    ? '\n**A quick run: small inputs, one try each. It shows that everything runs; it is no measurement.**\n'
    : '';
  return `# Compared with others

Written by \`pnpm bench all\` in one run on ${date}, at commit ${commit}. Each peer ran beside us in the same run.
${warning}
| | |
| --- | --- |
${facts.map(([name, value]) => `| ${name} | ${value} |`).join('\n')}

## Ratios

Ours divided by the peer's. Absolute numbers are this machine's; ratios carry over.

| | ratio | good is | than the peer |
| --- | --- | --- | --- |
${rows.join('\n')}

![every ratio as a bar around 1](images/benchmarks.svg)

${outcomes.map(section).join('\n')}
What was measured at length, with its commands and verdicts: [measurements](measurements). What is not compared: Owncast and
LL-HLS servers, for they need an origin that every listener talks to; the numbers of their own pages are in nobody's run.
`;
}

function section({ plan, command, result, problem }: BenchOutcome): string {
  const body =
    result === undefined
      ? `Did not run: ${problem ?? 'unknown'}`
      : `\`\`\`json\n${JSON.stringify(result, undefined, 2)}\n\`\`\``;
  const plot = plan.plot === undefined ? '' : `\n![${plan.heading}](${plan.plot})\n`;
  return `## ${plan.heading}\n\n\`${command}\`, peer: ${plan.peer}\n${plot}\n${body}\n`;
}
