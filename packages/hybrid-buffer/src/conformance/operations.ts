/** Steps that append. */
export type WriteOperation =
  | { readonly do: 'write' | 'writeText'; readonly size: number; readonly from: number }
  | { readonly do: 'writeFrom' | 'nodeWrite' | 'webWrite'; readonly sizes: readonly number[]; readonly from: number }
  | { readonly do: 'overlap'; readonly sizes: readonly number[]; readonly from: number; readonly start: number };

/** Steps that read on from the position. */
export type ReadOperation =
  | { readonly do: 'read' | 'readInto'; readonly size: number }
  | { readonly do: 'readByte' | 'readLine' | 'bytes' | 'text' }
  | { readonly do: 'readUntil'; readonly delimiter: number }
  | { readonly do: 'iterate'; readonly chunks: number };

/** Steps that read from anywhere. */
export interface RangeOperation {
  readonly do: 'readRange' | 'nodeRead' | 'webRead';
  readonly start: number;
  readonly end: number;
}

/** One step of a sequence. Places are fractions of the size at that moment, so any part of a sequence makes sense too. */
export type Operation =
  | WriteOperation
  | ReadOperation
  | RangeOperation
  | { readonly do: 'seek' | 'truncate'; readonly to: number }
  | { readonly do: 'reset' };

export type Random = () => number;

/** Mulberry32: small, seeded, and good enough to choose operations. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Mostly a few bytes, now and then many: what crosses a threshold or a frame, and what does not. */
export function randomSize(random: Random, most: number): number {
  return Math.floor(2 ** (random() * Math.log2(most + 1)) - random() * 0.999);
}

/** Writes are half of it, so that there is something to read. */
const WRITES = ['write', 'write', 'write', 'writeText', 'writeFrom', 'nodeWrite', 'webWrite', 'overlap'] as const;
const READS = [
  'read',
  'read',
  'readInto',
  'readByte',
  'readLine',
  'readUntil',
  'bytes',
  'text',
  'iterate',
  'readRange',
  'readRange',
  'nodeRead',
  'webRead',
  'seek',
  'seek',
  'seek',
  'truncate',
  'truncate',
  'reset',
] as const;

export interface SequenceLimits {
  readonly maxOperations: number;
  /** Bytes that all writes of a sequence together may have. */
  readonly maxBytes: number;
}

export function randomOperations(random: Random, { maxOperations, maxBytes }: SequenceLimits): Operation[] {
  const operations: Operation[] = [];
  const count = 1 + Math.floor(random() * maxOperations);
  let left = maxBytes;
  const size = (): number => {
    const chosen = randomSize(random, Math.min(left, maxBytes / 4));
    left -= chosen;
    return chosen;
  };
  const sizes = (): number[] => Array.from({ length: 1 + Math.floor(random() * 4) }, size);
  while (operations.length < count) {
    const kind = random() < 0.5 ? pick(random, WRITES) : pick(random, READS);
    operations.push(randomOperation(kind, random, size, sizes));
  }
  return operations;
}

function randomOperation(kind: Operation['do'], random: Random, size: () => number, sizes: () => number[]): Operation {
  const from = Math.floor(random() * 65_536);
  switch (kind) {
    case 'write':
    case 'writeText':
      return { do: kind, size: size(), from };
    case 'writeFrom':
    case 'nodeWrite':
    case 'webWrite':
      return { do: kind, sizes: sizes(), from };
    case 'overlap':
      return { do: kind, sizes: sizes(), from, start: random() };
    case 'read':
    case 'readInto':
      return { do: kind, size: 1 + randomSize(random, 65_536) };
    case 'readUntil':
      return { do: kind, delimiter: Math.floor(random() * 256) };
    case 'iterate':
      return { do: kind, chunks: 1 + Math.floor(random() * 4) };
    case 'readRange':
    case 'nodeRead':
    case 'webRead':
      return { do: kind, start: random() * 1.1, end: random() * 1.1 };
    case 'seek':
    case 'truncate':
      return { do: kind, to: random() };
    case 'readByte':
    case 'readLine':
    case 'bytes':
    case 'text':
    case 'reset':
      return { do: kind };
  }
}

function pick<Item>(random: Random, items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(random() * items.length)] ?? items[0];
}
