import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';
import type { BucketWriter } from './bucket-writer.ts';
import type { PublisherClock, SteadyUtc } from './clock.ts';
import type { PublisherEvent } from './events.ts';
import type { LiveWindow } from './live-window.ts';
import { RENDITIONS } from './renditions.ts';
import { retryDelayMs } from './retry.ts';
import type { Spool, SpooledObject } from './spool.ts';

export interface UploadsOptions {
  readonly spool: Spool;
  readonly window: LiveWindow;
  readonly writer: BucketWriter;
  readonly clock: PublisherClock;
  readonly utc: SteadyUtc;
  readonly segmentSeconds: number;
  /** First index of this run; what lies below was spooled by an earlier one. */
  readonly runFirstIndex: number;
  readonly signal: AbortSignal;
  /** Spreads retries. */
  readonly random: () => number;
  /** Resolves when it is known what the bucket holds. Rejects only by abort. */
  readonly ready: () => Promise<void>;
  /** Resolves when it is on disk that this index may be in the bucket. Never rejects. */
  readonly reserved: (index: number) => Promise<void>;
  readonly onEvent: (event: PublisherEvent) => void;
  /** The window has changed. */
  readonly onReadable: () => void;
}

/** Segments are published in order while no more than this waits; after a longer outage the newest goes first. */
const IN_ORDER_MAX_MS = 5000;
/** Objects that are backfilled at a time. */
const BACKFILL_CONCURRENCY = 4;
/** `hq` may keep a segment back for this share of its length, and at least the minimum. */
const HQ_DEADLINE_SHARE = 0.8;
const HQ_DEADLINE_MIN_MS = 2000;
/** Listeners wait for `hq` again when one took no more than this share of the time they would wait for it. */
const HQ_RECOVERED_SHARE = 0.75;
/** When `lq` alone takes this share of a segment, everything else makes way. */
const LQ_YIELD_SHARE = 0.5;
/** A disk that takes longer than this to store a segment does not keep it from listeners. */
const SPOOL_WAIT_MS = 1000;

class Gone extends Error {}

/**
 * Carries segments from the spool to the bucket. Two lanes: the live edge, where `lq` goes first and `hq` may follow
 * later, and the backfill of what is still inside the window, newest first.
 */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #uploaded = new Map<string, number>();
  /** `hq` uploads of the live edge and the backfill: each resolves to whether the object is in the bucket. */
  readonly #tasks = new Map<string, Promise<boolean>>();
  readonly #inits: Partial<Record<RenditionName, Uint8Array>> = {};
  readonly #startedMs = new Map<number, number>();
  #yield = new AbortController();
  #live: Promise<void> | undefined;
  #liveBusy = false;
  #failures = 0;
  /** The uplink did not carry the last `hq` in time: listeners do not wait for the next. */
  #hqLags = false;
  #stopping = false;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /** What is under way; empty when nothing waits. */
  get running(): readonly Promise<unknown>[] {
    return [...(this.#live === undefined ? [] : [this.#live]), ...this.#tasks.values()];
  }

  /** Monotonic moment at which the first PUT of a segment began. */
  startedMs(index: number): number | undefined {
    return this.#startedMs.get(index);
  }

  isUploaded(index: number, rendition: RenditionName): boolean {
    return this.#uploaded.has(objectName(index, rendition));
  }

  /** The bytes of an uploaded object. */
  bytes(index: number): Partial<Record<RenditionName, number>> {
    const bytes: Partial<Record<RenditionName, number>> = {};
    for (const rendition of RENDITIONS) {
      const size = this.#uploaded.get(objectName(index, rendition));
      if (size !== undefined) bytes[rendition] = size;
    }
    return bytes;
  }

  learnInit({ rendition, init }: EncodedSegment): void {
    this.#inits[rendition] ??= init;
  }

  /** The spool has something new. */
  wake(): void {
    this.#live ??= this.#runLive()
      .catch(() => undefined) // only by abort
      .finally(() => {
        this.#live = undefined;
        this.#backfill();
      });
  }

  /** No more backfill: what is under way is finished. */
  stop(): void {
    this.#stopping = true;
  }

  /** Forgets segments that left the window. */
  forgetBelow(index: number): void {
    for (const name of this.#uploaded.keys()) if (Number.parseInt(name, 10) < index) this.#uploaded.delete(name);
    for (const started of this.#startedMs.keys()) if (started < index) this.#startedMs.delete(started);
  }

  async #runLive(): Promise<void> {
    const { signal, ready, clock, onEvent } = this.#options;
    await ready();
    for (let index = this.#nextLive(); index !== undefined; index = this.#nextLive()) {
      signal.throwIfAborted();
      this.#liveBusy = true;
      try {
        await this.#publishLive(index);
        this.#failures = 0;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof Gone) continue;
        // The live edge goes first when the bucket answers again.
        this.#makeWay();
        const retryInMs = retryDelayMs(this.#failures++, this.#options.random);
        onEvent({ type: 'failed', index, error, retryInMs });
        await clock.sleep(retryInMs, signal);
      } finally {
        this.#liveBusy = false;
      }
      this.#backfill();
    }
  }

  /** The segment to publish next: the oldest that waits, or the newest when that would take listeners too far back. */
  #nextLive(): number | undefined {
    const { spool, window, segmentSeconds, runFirstIndex } = this.#options;
    const waiting: number[] = [];
    for (const { index, rendition } of spool.objects) {
      if (rendition !== 'lq' || index <= window.latest) continue;
      if (index < runFirstIndex || spool.find(index, 'hq') !== undefined) waiting.push(index);
    }
    if (waiting.length === 0) return undefined;
    const inOrder = waiting.length <= Math.max(1, Math.ceil(IN_ORDER_MAX_MS / 1000 / segmentSeconds));
    return inOrder ? Math.min(...waiting) : Math.max(...waiting);
  }

  async #publishLive(index: number): Promise<void> {
    const { spool, window, clock, utc, signal, segmentSeconds, reserved, onReadable } = this.#options;
    const object = spool.find(index, 'lq');
    if (object === undefined) throw new Gone();
    // Without this on disk, a kill would let the next run use the key again.
    await reserved(index);
    const stored = new AbortController();
    await Promise.race([
      spool.settled(index),
      clock.sleep(SPOOL_WAIT_MS, AbortSignal.any([signal, stored.signal])),
    ]).finally(() => stored.abort());
    const startMs = clock.monotonicMs();
    if (!this.#startedMs.has(index)) this.#startedMs.set(index, startMs);
    // The manifest names both, also when a rendition is still missing.
    await Promise.all(RENDITIONS.map(async (rendition) => await this.#ensureInit(rendition, signal)));
    const lq = this.#upload(object, signal);
    const hq = this.#startHq(index);
    await this.#withPriority(lq, segmentSeconds * 1000 * LQ_YIELD_SHARE);
    const deadlineMs = startMs + hqDeadlineMs(segmentSeconds * 1000);
    const inTime = await this.#within(hq, this.#hqLags ? 0 : deadlineMs - clock.monotonicMs());
    if (!inTime) this.#hqLags = true;
    window.add({
      index,
      utcMs: object.utcMs,
      bytes: this.bytes(index),
      oldestWaiting: this.#oldestWaiting(index),
      readableAtMs: utc.now(),
    });
    this.#claimUploaded();
    onReadable();
  }

  #oldestWaiting(index: number): number {
    let oldest = index;
    for (const waiting of this.#options.spool.objects) oldest = Math.min(oldest, waiting.index);
    return oldest;
  }

  /** A segment that was passed over may be in the bucket in one rendition already. */
  #claimUploaded(): void {
    for (const name of this.#uploaded.keys()) {
      const [index, rendition] = name.split('.') as [string, RenditionName];
      this.#arrivedLate(Number(index), rendition);
    }
  }

  /** Waits for `lq`; when it takes too long, whatever else is on the line is cut off. It is tried again later. */
  async #withPriority(lq: Promise<void>, ms: number): Promise<void> {
    const { clock, signal } = this.#options;
    const done = new AbortController();
    const late = clock.sleep(ms, AbortSignal.any([signal, done.signal])).then(
      () => this.#makeWay(),
      () => undefined,
    );
    try {
      await lq;
    } finally {
      done.abort();
      await late;
    }
  }

  #makeWay(): void {
    this.#yield.abort();
    this.#yield = new AbortController();
  }

  /** @returns whether `hq` made it within `ms` */
  async #within(hq: Promise<boolean>, ms: number): Promise<boolean> {
    const { clock, signal } = this.#options;
    const settled = await Promise.race([hq, Promise.resolve('pending' as const)]);
    if (settled !== 'pending') return settled;
    if (ms <= 0) return false;
    const done = new AbortController();
    try {
      const waited = clock.sleep(ms, AbortSignal.any([signal, done.signal])).then(
        () => false,
        () => false,
      );
      return await Promise.race([hq, waited]);
    } finally {
      done.abort();
    }
  }

  /** While `hq` lags, one at a time: the next is begun when the last is through. */
  #startHq(index: number): Promise<boolean> {
    const object = this.#options.spool.find(index, 'hq');
    if (object === undefined || (this.#hqLags && this.#tasks.size > 0)) return Promise.resolve(false);
    return this.#startTask(object);
  }

  #startTask(object: SpooledObject): Promise<boolean> {
    const name = objectName(object.index, object.rendition);
    const running = this.#tasks.get(name);
    if (running !== undefined) return running;
    const task = this.#runTask(object).finally(() => {
      this.#tasks.delete(name);
      this.#backfill();
    });
    this.#tasks.set(name, task);
    return task;
  }

  /** Tries until it is in the bucket, given up, or has to make way. Never rejects. */
  async #runTask(object: SpooledObject): Promise<boolean> {
    const { clock, onEvent } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, this.#yield.signal]);
    const { index, rendition } = object;
    for (let failures = 0; !signal.aborted; failures++) {
      const startMs = clock.monotonicMs();
      try {
        await this.#upload(object, signal);
        if (rendition === 'hq') this.#hqTook(clock.monotonicMs() - startMs);
        this.#arrivedLate(index, rendition);
        return true;
      } catch (error) {
        if (signal.aborted || error instanceof Gone) return false;
        const retryInMs = retryDelayMs(failures, this.#options.random);
        onEvent({ type: 'failed', index, error, retryInMs });
        await clock.sleep(retryInMs, signal).catch(() => undefined);
      }
    }
    return false;
  }

  /** The line is wide enough again. How quick an `lq` is says nothing of that. */
  #hqTook(ms: number): void {
    const segmentMs = this.#options.segmentSeconds * 1000;
    if (ms <= Math.min(segmentMs, hqDeadlineMs(segmentMs)) * HQ_RECOVERED_SHARE) this.#hqLags = false;
  }

  #arrivedLate(index: number, rendition: RenditionName): void {
    const { window, onEvent, onReadable } = this.#options;
    if (!window.isMissing(index, rendition)) return;
    window.backfilled(index, rendition);
    onEvent({ type: 'backfilled', index, rendition });
    onReadable();
  }

  /** Begins what fits beside the live edge: nothing while that is under way. */
  #backfill(): void {
    const { spool, window, signal } = this.#options;
    if (this.#stopping || this.#liveBusy || signal.aborted) return;
    const first = window.range?.first ?? 0;
    const late = [...spool.objects]
      .filter(({ index }) => index >= first && index <= window.latest)
      .filter(({ index, rendition }) => window.isMissing(index, rendition) && !this.isUploaded(index, rendition))
      .filter(({ index, rendition }) => !this.#tasks.has(objectName(index, rendition)))
      .sort((a, b) => b.index - a.index || (a.rendition === 'lq' ? -1 : 1));
    const places = (this.#hqLags ? 1 : BACKFILL_CONCURRENCY) - this.#tasks.size;
    for (const object of late.slice(0, Math.max(0, places))) void this.#startTask(object);
  }

  async #ensureInit(rendition: RenditionName, signal: AbortSignal): Promise<void> {
    if (await this.#options.writer.ensureInit(rendition, this.#inits[rendition], signal)) return;
    throw new Error(`the ${rendition} init segment is not there yet: it comes with the first segment of this run`);
  }

  async #upload({ index, rendition, bytes }: SpooledObject, signal: AbortSignal): Promise<void> {
    if (this.isUploaded(index, rendition)) return;
    const { spool, writer } = this.#options;
    const data = await spool.take(index, rendition);
    if (data === undefined) throw new Gone();
    try {
      await this.#ensureInit(rendition, signal);
      await writer.writeSegment(index, rendition, data, signal);
      this.#uploaded.set(objectName(index, rendition), bytes);
    } finally {
      spool.release(index, rendition);
    }
  }
}

function hqDeadlineMs(segmentMs: number): number {
  return Math.max(HQ_DEADLINE_MIN_MS, segmentMs * HQ_DEADLINE_SHARE);
}

function objectName(index: number, rendition: RenditionName): string {
  return `${index}.${rendition}`;
}
