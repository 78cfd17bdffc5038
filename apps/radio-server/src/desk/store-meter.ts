import type { StoreMetric } from '@bucket-radio/object-store';
import type { StoreHealth } from './monitor-status.ts';

/** Calls whose time is remembered, for percentiles. */
const REMEMBERED_CALLS = 500;
/** Bytes per second are told over this time. */
const RATE_SECONDS = 60;

const WRITES: ReadonlySet<StoreMetric['operation']> = new Set([
  'put',
  'copy',
  'rename',
  'list',
  'listWithDelimiter',
  'createMultipart',
  'putPart',
  'copyPart',
  'completeMultipart',
]);
const DELETES: ReadonlySet<StoreMetric['operation']> = new Set(['delete', 'deleteMany', 'abortMultipart']);
/** Answers that a caller asked for: no failures of the store. */
const EXPECTED: ReadonlySet<StoreMetric['outcome']> = new Set(['ok', 'NotModified', 'NotFound', 'PreconditionFailed']);
const LARGE_BYTES = 100_000;

interface Sent {
  readonly atMs: number;
  readonly bytes: number;
}

/** Counts the calls of `withMetrics`; holds nothing that grows. */
export class StoreMeter {
  readonly #nowMs: () => number;
  readonly #requests = { writes: 0, reads: 0, deletes: 0 };
  #failures = 0;
  #bytesSent = 0;
  #durationsMs: number[] = [];
  #sent: Sent[] = [];
  #seenBps: number | null = null;

  /** @param nowMs a monotonic clock in milliseconds */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  add({ operation, outcome, durationMs, bytesSent }: StoreMetric): void {
    this.#requests[WRITES.has(operation) ? 'writes' : DELETES.has(operation) ? 'deletes' : 'reads'] += 1;
    if (!EXPECTED.has(outcome)) this.#failures += 1;
    if (operation !== 'put' || outcome !== 'ok') return;
    this.#durationsMs.push(durationMs);
    if (this.#durationsMs.length > REMEMBERED_CALLS) this.#durationsMs.shift();
    this.#bytesSent += bytesSent;
    this.#sent.push({ atMs: this.#nowMs(), bytes: bytesSent });
    const bps = (bytesSent * 8000) / Math.max(1, durationMs);
    if (bytesSent >= LARGE_BYTES) this.#seenBps = Math.max(this.#seenBps ?? 0, bps);
  }

  get health(): StoreHealth {
    const sorted = [...this.#durationsMs].sort((a, b) => a - b);
    const percentile = (part: number): number | null => sorted[Math.ceil(sorted.length * part) - 1] ?? null;
    const since = this.#nowMs() - RATE_SECONDS * 1000;
    this.#sent = this.#sent.filter(({ atMs }) => atMs >= since);
    const bytes = this.#sent.reduce((total, sent) => total + sent.bytes, 0);
    return {
      requests: { ...this.#requests },
      failures: this.#failures,
      bytesSent: this.#bytesSent,
      p50Ms: percentile(0.5),
      p95Ms: percentile(0.95),
      sentBps: (bytes * 8) / RATE_SECONDS,
      seenBps: this.#seenBps,
    };
  }
}
