import type { BucketWriter } from './bucket-writer.ts';
import type { PublisherEvent } from './events.ts';
import type { LiveWindow } from './live-window.ts';

export interface CleanerOptions {
  readonly writer: BucketWriter;
  readonly epoch: string;
  readonly deleteGraceSegments: number;
  readonly window: Pick<LiveWindow, 'expiredHours' | 'forgetHoursBelow'>;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PublisherEvent) => void;
}

/** Segments that are deleted at a time. */
const CONCURRENCY = 4;

/** Deletes what left the window: `deleteGraceSegments` windows later, so that a slow reader meets no 404. */
export class Cleaner {
  readonly #options: CleanerOptions;
  /** First index of the windows told last; the oldest of them decides. */
  #told: number[] = [];
  /** Segments below this index are gone. */
  #deletedBelow: number | undefined;
  #target = 0;
  #previous: { readonly epoch: string; readonly latest: number } | undefined;
  #running: Promise<void> | undefined;

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Oldest index that is kept. */
  get keepFrom(): number {
    return this.#deletedBelow ?? this.#told[0] ?? 0;
  }

  get previousEpoch(): string | undefined {
    return this.#previous?.epoch;
  }

  /** An earlier run left a window that begins at `first`; indices up to `previous.latest` are of another epoch. */
  adopt(first: number, previous: { readonly epoch: string; readonly latest: number } | undefined): void {
    this.#told = [first];
    this.#previous = previous;
    this.#deletedBelow = Math.max(0, first - this.#options.deleteGraceSegments - 1);
  }

  /** A window that begins at `first` is public. */
  windowTold(first: number, graceSegments: number = this.#options.deleteGraceSegments): void {
    if (this.#told.at(-1) !== first) this.#told.push(first);
    this.#told = this.#told.slice(-1 - graceSegments);
    this.#deletedBelow ??= first;
    if (this.#told.length > graceSegments) this.#target = Math.max(this.#target, this.#told[0] ?? 0);
    if (this.#deletedBelow >= this.#target) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    const { signal, onEvent } = this.#options;
    try {
      while ((this.#deletedBelow ?? 0) < this.#target) {
        signal.throwIfAborted();
        const from = this.#deletedBelow ?? 0;
        const batch = Array.from({ length: Math.min(CONCURRENCY, this.#target - from) }, (_, n) => from + n);
        await Promise.all(batch.map(async (index) => await this.#delete(index)));
        this.#deletedBelow = from + batch.length;
        for (const index of batch) onEvent({ type: 'deleted', index });
        await this.#deleteHours(this.#deletedBelow);
      }
    } catch (error) {
      if (!signal.aborted) onEvent({ type: 'cleanup-failed', error });
    }
  }

  async #deleteHours(below: number): Promise<void> {
    const { window, writer, signal } = this.#options;
    for (const key of window.expiredHours(below)) await writer.deleteIndex(key, signal);
    window.forgetHoursBelow(below);
  }

  async #delete(index: number): Promise<void> {
    const { writer, epoch, signal } = this.#options;
    const previous = this.#previous;
    const old = previous !== undefined && index <= previous.latest ? previous : undefined;
    await writer.deleteSegment(old?.epoch ?? epoch, index, signal);
    if (old !== undefined && index === old.latest) await writer.deleteInits(old.epoch, signal);
  }
}
