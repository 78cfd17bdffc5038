import { apply } from './conformance/apply.ts';
import { Model } from './conformance/model.ts';
import { createRandom, type Operation, type Random, randomOperations, randomSize } from './conformance/operations.ts';
import type { HybridBuffer, HybridBufferOptions } from './index.ts';

export interface ComparisonOptions {
  /** The same seed plays the same sequences. */
  readonly seed: number;
  readonly sequences: number;
  /** Default 32. */
  readonly maxOperations?: number;
  /** Bytes written in one sequence; default 256 KiB. */
  readonly maxBytes?: number;
  /** Sequences at a time; default 1. */
  readonly concurrency?: number;
  /** A new buffer with these options and a storage and middleware of yours. */
  readonly create: (
    options: Required<Pick<HybridBufferOptions, 'threshold' | 'preallocate' | 'frameBytes'>>,
  ) => HybridBuffer;
  /** After each sequence, when its buffer is closed: the place to look whether anything was left. */
  readonly afterEach?: () => Promise<void>;
}

export interface ComparisonResult {
  readonly sequences: number;
  readonly operations: number;
  /** Sequences in which the buffer moved to storage. */
  readonly stored: number;
}

/**
 * Compares hybrid buffers with a plain array, over random sequences of every operation, sizes, thresholds and frames:
 * the proof that a storage or a middleware of your own keeps its promises.
 *
 * @throws Error with the seed, and the shortest part of the sequence that still shows the difference
 */
export async function compareWithPlainBuffer(options: ComparisonOptions): Promise<ComparisonResult> {
  const { seed, sequences, concurrency = 1 } = options;
  const numbers = Array.from({ length: sequences }, (_, index) => index).values();
  const total = { sequences: 0, operations: 0, stored: 0 };
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const number of numbers) {
        const { operations, stored } = await runSequence(options, seed * 1_000_003 + number);
        total.sequences++;
        total.operations += operations;
        if (stored) total.stored++;
      }
    }),
  );
  return total;
}

async function runSequence(options: ComparisonOptions, seed: number): Promise<{ operations: number; stored: boolean }> {
  const { maxOperations = 32, maxBytes = 262_144, afterEach } = options;
  const random = createRandom(seed);
  const settings = randomSettings(random, maxBytes);
  const operations = randomOperations(random, { maxOperations, maxBytes });
  const run = (some: readonly Operation[]): Promise<boolean> => play(() => options.create(settings), some);
  try {
    const stored = await run(operations);
    await afterEach?.();
    return { operations: operations.length, stored };
  } catch (cause) {
    const shortest = await shorten(operations, run);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`sequence ${seed} with ${JSON.stringify(settings)}: ${why}\n${JSON.stringify(shortest)}`, {
      cause,
    });
  }
}

function randomSettings(random: Random, maxBytes: number) {
  const threshold = random() < 0.2 ? 0 : randomSize(random, maxBytes);
  return {
    threshold,
    preallocate: random() < 0.5 ? 0 : Math.floor(random() * threshold),
    frameBytes: 4096 + randomSize(random, 65_536),
  };
}

/** @returns whether the buffer was in storage at some time */
async function play(create: () => HybridBuffer, operations: readonly Operation[]): Promise<boolean> {
  const buffer = create();
  const model = new Model();
  let stored = false;
  try {
    for (const [step, operation] of operations.entries()) {
      const [actual, expected] = await apply(buffer, model, operation);
      const what = `step ${step}, ${JSON.stringify(operation)}`;
      same(actual, expected, what);
      same(
        [buffer.size, buffer.length, buffer.position],
        [model.size, model.size - model.position, model.position],
        what,
      );
      stored ||= !buffer.inMemory;
    }
    same(await buffer.readRange(0, model.size + 1), model.bytes, 'all bytes at the end');
  } finally {
    await buffer.close();
    await buffer.close();
  }
  return stored;
}

function same(actual: unknown, expected: unknown, what: string): void {
  const bytes = actual instanceof Uint8Array && expected instanceof Uint8Array;
  const equal = bytes ? Buffer.compare(actual, expected) === 0 : JSON.stringify(actual) === JSON.stringify(expected);
  if (!equal) throw new Error(`${what}: ${show(actual)} instead of ${show(expected)}`);
}

function show(value: unknown): string {
  if (!(value instanceof Uint8Array)) return JSON.stringify(value)?.slice(0, 200) ?? 'undefined';
  return `${value.length} bytes ${Buffer.from(value.subarray(0, 24)).toString('hex')}…`;
}

/** Leaves out one step after the other as long as it still fails. */
async function shorten(
  operations: readonly Operation[],
  run: (some: readonly Operation[]) => Promise<boolean>,
): Promise<readonly Operation[]> {
  let shortest = operations;
  for (let left = operations.length - 1; left >= 0; left--) {
    const fewer = shortest.toSpliced(left, 1);
    const fails = await run(fewer).then(
      () => false,
      () => true,
    );
    if (fails) shortest = fewer;
  }
  return shortest;
}
