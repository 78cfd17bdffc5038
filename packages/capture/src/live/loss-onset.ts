/** Late arrivals, in the order of their coming, and how they scatter while nothing is lost. All in milliseconds. */
export interface LateArrivals {
  /** How late each was. */
  readonly excessMs: readonly number[];
  /** How much sound each brought, on average. */
  readonly pieceMs: number;
  /** Arrivals whose lateness differs by at most this are equally late. */
  readonly agreeingMs: number;
  /** How late an arrival is on average. */
  readonly typicalMs: number;
}

/** So many arrivals always come after a loss: they say how long it was. */
const MIN_AFTER_LOSS = 2;
/** A delay of so many typical ones, or more, is as surprising as any. */
const SURPRISING_IN_TYPICAL = 12;
/** The same on a machine that is quiet: no machine is quiet for ever. */
const MIN_SURPRISING_MS = 10;
/** A second loss so soon is more surprising than two delays, and less than three. */
const SECOND_LOSS = 2.5;

/**
 * Index of the first of these late arrivals that came after the loss; the ones before it were late by chance.
 *
 * Many stories explain a run of late arrivals: some of them late by chance, then a loss, the others later than the loss
 * by chance again, perhaps a second loss among them. Chance delays are roughly exponential with a long tail, so how
 * surprising a story is, is the sum of its delays, each counted up to a limit; a backlog is one delay. The least
 * surprising story is told. So an arrival a few milliseconds before all that follow it saw the same loss, a late one long
 * before them did not, and neither did a backlog.
 */
export function lossOnset({ excessMs, pieceMs, agreeingMs, typicalMs }: LateArrivals): number {
  const limitMs = Math.max(MIN_SURPRISING_MS, SURPRISING_IN_TYPICAL * typicalMs);
  const surprise = (index: number, lossMs: number): number => {
    const ms = excessMs[index] as number;
    const backlog = index > 0 && (excessMs[index - 1] as number) - ms > pieceMs / 2;
    return backlog ? 0 : Math.min(Math.max(0, ms - lossMs - agreeingMs), limitMs);
  };
  const afterLoss = surpriseAfterLoss(excessMs, surprise, SECOND_LOSS * limitMs);
  let onset = 0;
  let least = Number.POSITIVE_INFINITY;
  let before = 0;
  for (let first = 0; first < afterLoss.length; first++) {
    const sum = before + (afterLoss[first] as number);
    if (sum < least) [onset, least] = [first, sum];
    before += surprise(first, 0);
  }
  return onset;
}

/** For each arrival that may be the first after a loss, how surprising it and all that follow are. */
function surpriseAfterLoss(
  excessMs: readonly number[],
  surprise: (index: number, lossMs: number) => number,
  secondLoss: number,
): readonly number[] {
  const candidates = Math.max(1, excessMs.length - MIN_AFTER_LOSS + 1);
  const after = new Array<number>(candidates).fill(0);
  let lossMs = Number.POSITIVE_INFINITY;
  for (let first = excessMs.length - 1; first >= 0; first--) {
    // Nothing that follows a loss is less late than it.
    lossMs = Math.min(lossMs, excessMs[first] as number);
    if (first >= candidates) continue;
    let sum = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let next = first; next < excessMs.length; next++) {
      const second = after[next];
      if (next > first && second !== undefined) least = Math.min(least, sum + secondLoss + second);
      sum += surprise(next, lossMs);
    }
    after[first] = Math.min(least, sum);
  }
  return after;
}
