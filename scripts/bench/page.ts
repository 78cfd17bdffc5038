import { stripVTControlCharacters } from 'node:util';
import type { BenchPlan, BenchResult } from './figures.ts';
import { ratios } from './figures.ts';
import { type Figure, figuresOf, goalsWithoutFigure, goalText, isMet } from './goals.ts';

/** What became of one benchmark. */
export interface BenchOutcome {
  readonly plan: BenchPlan;
  readonly command: string;
  /** What it printed, its last line among it. */
  readonly output: string;
  readonly seconds: number;
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

const MAX_OUTPUT_LINES = 40;

/** docs/benchmarks.md, whole. */
export function benchPage({ quick, date, commit, facts, outcomes }: BenchRun): string {
  const results = new Map(outcomes.flatMap(({ plan, result }) => (result ? [[plan.name, result] as const] : [])));
  const rows = ratios(results).map(
    ({ name, ratio, moreIsBetter }) =>
      `| ${name} | ${ratio.toFixed(2)} | ${moreIsBetter ? 'more' : 'less'} | ${(moreIsBetter ? ratio >= 1 : ratio <= 1) ? 'better' : '**worse**'} |`,
  );
  const warning = quick
    ? '\n**A quick run: small inputs, one try each. It shows that everything runs; it is no measurement.**\n'
    : '';
  const minutes = outcomes.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  return `# Compared with others

Written by \`pnpm bench all\` in one run of ${minutes.toFixed(0)} minutes on ${date}, at commit ${commit}. Each peer ran beside us in the same run.
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

## Goals

${goalSummary(outcomes)}

${outcomes.map(section).join('\n')}
What was measured at length, with its commands and verdicts: [measurements](measurements). What is not compared: Owncast and
LL-HLS servers, for they need an origin that every listener talks to; the numbers of their own pages are in nobody's run.
`;
}

function goalSummary(outcomes: readonly BenchOutcome[]): string {
  const judged = outcomes.flatMap(({ plan, result = {} }) =>
    figuresOf(plan.name, result).flatMap((figure) =>
      figure.goal === undefined ? [] : [{ name: `${plan.name} \`${figure.path}\``, figure, goal: figure.goal }],
    ),
  );
  const missed = judged.filter(({ figure, goal }) => !isMet(figure.value, goal));
  const unknown = outcomes.flatMap(({ plan, result = {} }) => goalsWithoutFigure(plan.name, result));
  const lines = [
    `The goals were set before anything was measured. ${judged.length - missed.length} of ${judged.length} are met${missed.length === 0 ? '.' : '; missed:'}`,
    '',
    ...missed.map(
      ({ name, figure, goal }) => `- ${name}, ${figure.meaning}: ${figure.value}, the goal is ${goalText(goal)}`,
    ),
  ];
  if (unknown.length > 0)
    lines.push('', `Not measured in this run: ${unknown.map((name) => `\`${name}\``).join(', ')}.`);
  return lines.join('\n').trimEnd();
}

function section({ plan, command, output, seconds, result, problem }: BenchOutcome): string {
  const plot = plan.plot === undefined ? '' : `\n![${plan.heading}](${plan.plot})\n`;
  const head = `## ${plan.heading}\n\n\`${command}\`, peer: ${plan.peer}, ${duration(seconds)}\n`;
  const printed = printedLines(output, result !== undefined);
  const text = printed === '' ? '' : `\n\`\`\`text\n${printed}\n\`\`\`\n`;
  if (result === undefined) return `${head}\n**Did not run: ${problem ?? 'unknown'}**\n${text}`;
  const rows = figuresOf(plan.name, result).map(row);
  return `${head}${plot}\n| number | what it is | measured | goal | |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n${text}`;
}

function row({ path, meaning, value, goal, isPeer }: Figure): string {
  const what = meaning.replaceAll('<', '&lt;');
  const none = isPeer ? "the peer's" : 'none, only told';
  const verdict = goal === undefined ? '' : isMet(value, goal) ? 'met' : '**missed**';
  return `| \`${path}\` | ${what} | ${value} | ${goal === undefined ? none : goalText(goal)} | ${verdict} |`;
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`;
}

/** The end of what was printed, without the line of JSON that the table is made of. */
function printedLines(output: string, hasResult: boolean): string {
  const lines = stripVTControlCharacters(output).trimEnd().split('\n');
  return lines
    .slice(0, hasResult ? -1 : undefined)
    .slice(-MAX_OUTPUT_LINES)
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
}
