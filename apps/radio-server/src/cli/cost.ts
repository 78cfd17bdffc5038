import type { Command } from 'commander';
import { type CostQuestion, estimateCost } from '../cost/estimate.ts';
import { R2_PRICES } from '../cost/prices.ts';

/** A question that has no answer; the message says what is allowed. */
export class CostError extends Error {
  override readonly name = 'CostError';
}

/** `radio cost`: what a month on air costs. */
export function addCostCommand(program: Command): void {
  program
    .command('cost')
    .description('what a month on air costs, from list prices')
    .option('--segment-seconds <n>', 'length of a segment, 1 to 10', '10')
    .option('--listeners <n>', 'listening all the time', '100')
    .action((options: { segmentSeconds: string; listeners: string }) => {
      const segmentSeconds = whole('--segment-seconds', options.segmentSeconds, 1, 10);
      const listeners = whole('--listeners', options.listeners, 0, 1_000_000_000);
      process.stdout.write(costReport({ segmentSeconds, listeners }));
    });
}

function whole(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new CostError(`${flag} is ${JSON.stringify(text)}: use a whole number from ${min} to ${max}`);
}

/** Two lines per way of reading: behind a cache, and straight from the bucket. */
function costReport(question: Omit<CostQuestion, 'edgeCached'>): string {
  const { name, source, date } = R2_PRICES;
  const lines = [`${name}, ${source}, ${date}; 30 days, segments of ${question.segmentSeconds} s`];
  for (const edgeCached of [true, false]) {
    const { writes, reads, storedGb, dollars } = estimateCost({ ...question, edgeCached }, R2_PRICES);
    const readers = `${question.listeners} listeners`;
    const way = edgeCached ? `${readers} behind a cache` : `${readers} straight from the bucket`;
    lines.push(
      `$${dollars.total.toFixed(2)} a month, ${way}:`,
      `  ${millions(writes)} M writes $${dollars.writes.toFixed(2)}, ${millions(reads)} M reads $${dollars.reads.toFixed(2)}, ` +
        `${storedGb.toFixed(3)} GB stored $${dollars.storage.toFixed(2)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function millions(count: number): string {
  return (count / 1e6).toFixed(2);
}
