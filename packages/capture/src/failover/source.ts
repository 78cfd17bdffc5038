import { BYTES_PER_FRAME, framesToMs, msToFrames, type PcmChunk, type PcmGap } from '@bucket-radio/pcm';
import type { Clock } from '../clock.ts';
import type { CaptureSource, ChunkOptions, SourceInfo } from '../source.ts';
import { type CaptureCounts, type CaptureStats, NOTHING_CAPTURED } from '../stats.ts';
import { FAILOVER_DEFAULTS, type FailoverOptions, SourceHealth } from './health.ts';

export interface FailoverContext {
  readonly clock: Clock;
  readonly onMessage: (line: string) => void;
  readonly open: (spec: string) => Promise<CaptureSource>;
  readonly options: FailoverOptions;
}

const TICK_MS = 100;
/** A source that ended or could not be opened is tried again after this long. */
const RETRY_MS = 5_000;
/** What is kept of a source that is not on air: enough to continue where another was lost. */
const STANDBY_MS = 25_000;

interface Candidate {
  readonly spec: string;
  source: CaptureSource | undefined;
  readonly health: SourceHealth;
  /** Newest chunks, while not on air. */
  standby: PcmChunk[];
}

/**
 * An ordered list of sources, all of which are captured all the time. The first is on air; when it is lost or silent, the
 * first that sounds takes over at the very moment up to which the one before was heard, and when an earlier one has been well
 * for a while it takes over again. One timeline: positions go on, whichever source they come from.
 * @throws the error of the first source when none can be opened
 */
export async function openFailover(specs: readonly string[], context: FailoverContext): Promise<CaptureSource> {
  const options = { ...FAILOVER_DEFAULTS, ...context.options };
  const nowMs = context.clock.monotonicMs();
  const opened = await Promise.allSettled(specs.map(async (spec) => await context.open(spec)));
  const candidates = opened.map((result, index): Candidate => {
    const spec = specs[index] as string;
    const health = new SourceHealth(options, nowMs);
    if (result.status === 'rejected') context.onMessage(`failover: not there yet: ${messageOf(result.reason)}`);
    return { spec, source: result.status === 'fulfilled' ? result.value : undefined, health, standby: [] };
  });
  const sources = candidates.flatMap(({ source }) => (source === undefined ? [] : [source]));
  const [first] = sources;
  if (first === undefined) throw (opened[0] as PromiseRejectedResult).reason;
  let run: FailoverRun | undefined;
  return {
    info: describe(sources, candidates.length),
    chunks: (chunkOptions) => {
      run = new FailoverRun(candidates, context, chunkOptions);
      return run.chunks();
    },
    stats: () => run?.stats(first) ?? first.stats(),
  };
}

/** The worst fidelity of all: what is announced holds whichever source is on air. A source not opened yet may be anything. */
function describe(sources: readonly CaptureSource[], count: number): SourceInfo {
  const certain = sources.length === count && sources.every(({ info }) => info.fidelity === 'bit-perfect');
  const names = sources.map(({ info }) => info.name).join(', else ');
  return {
    kind: 'failover',
    name: names,
    fidelity: certain ? 'bit-perfect' : 'converted',
    bitDepth: Math.max(...sources.map(({ info }) => info.bitDepth)),
    live: true,
    detail: `first of ${count} that sounds: ${sources.map(({ info }) => info.detail).join('; else ')}`,
  };
}

class FailoverRun {
  readonly #candidates: readonly Candidate[];
  readonly #context: FailoverContext;
  readonly #startFrame: number;
  readonly #signal: AbortSignal;
  readonly #stopped = new AbortController();
  #active: Candidate;
  #position: number;
  /** Monotonic time up to which the timeline reaches. */
  #reachesMs: number | undefined;
  #utcOffsetMs: number | undefined;
  #counts: CaptureCounts = { ...NOTHING_CAPTURED, state: 'capturing' };
  #queue: PcmChunk[] = [];
  #wake: (() => void) | undefined;

  constructor(candidates: readonly Candidate[], context: FailoverContext, { startFrame, signal }: ChunkOptions) {
    this.#candidates = candidates;
    this.#context = context;
    this.#startFrame = startFrame;
    this.#position = startFrame;
    this.#signal = signal;
    this.#active = candidates.find(({ source }) => source !== undefined) ?? (candidates[0] as Candidate);
  }

  stats(first: CaptureSource): CaptureStats {
    const { lostFrames, ...counts } = this.#counts;
    const active = (this.#active.source ?? first).stats();
    const { clockPpm, ntp, trueBitDepth } = active;
    const state = counts.state === 'capturing' ? active.state : counts.state;
    return { ...counts, state, lostMs: framesToMs(lostFrames), clockPpm, ntp, trueBitDepth, xruns: active.xruns };
  }

  async *chunks(): AsyncGenerator<PcmChunk, void, undefined> {
    const stop = (): void => {
      this.#stopped.abort();
      this.#wake?.();
    };
    this.#signal.addEventListener('abort', stop, { once: true });
    if (this.#signal.aborted) stop();
    const running = [...this.#candidates.map((candidate) => this.#follow(candidate)), this.#tick()];
    try {
      while (!this.#signal.aborted) {
        for (const chunk of this.#queue.splice(0)) {
          yield chunk;
          if (this.#signal.aborted) return;
        }
        if (this.#queue.length > 0) continue;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          if (this.#signal.aborted) resolve();
        });
      }
    } finally {
      stop();
      this.#signal.removeEventListener('abort', stop);
      this.#counts = { ...this.#counts, state: 'ended' };
      await Promise.all(running);
    }
  }

  /** Captures one source for ever: one that ends or fails is opened again. */
  async #follow(candidate: Candidate): Promise<void> {
    const { signal } = this.#stopped;
    const { clock, open, onMessage } = this.#context;
    while (!signal.aborted) {
      try {
        candidate.source ??= await open(candidate.spec);
        const { source } = candidate;
        for await (const chunk of source.chunks({ startFrame: 0, signal })) this.#take(candidate, chunk);
      } catch (error) {
        if (candidate.source !== undefined) onMessage(`failover: ${messageOf(error)}`);
      }
      if (signal.aborted) return;
      candidate.source = undefined;
      candidate.health.failed();
      await clock.sleep(RETRY_MS, signal);
    }
  }

  async #tick(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#context.clock.sleep(TICK_MS, signal);
      this.#choose();
    }
  }

  #take(candidate: Candidate, chunk: PcmChunk): void {
    const lost = candidate.source?.stats().state === 'reopening';
    candidate.health.heard(chunk, this.#context.clock.monotonicMs(), lost);
    if (candidate === this.#active) this.#append(chunk);
    else this.#keep(candidate, chunk);
    this.#choose();
  }

  #keep(candidate: Candidate, chunk: PcmChunk): void {
    candidate.standby.push(chunk);
    let frames = candidate.standby.reduce((sum, kept) => sum + kept.frames, 0);
    while (framesToMs(frames) > STANDBY_MS) frames -= candidate.standby.shift()?.frames ?? 0;
  }

  #choose(): void {
    const nowMs = this.#context.clock.monotonicMs();
    const active = this.#candidates.indexOf(this.#active);
    const better = this.#candidates.slice(0, active).find(({ health }) => health.isTrusted(nowMs));
    if (better !== undefined) {
      this.#switchTo(better, 'it is well again');
      return;
    }
    const complaint = this.#active.health.complaint(nowMs);
    if (complaint === undefined) return;
    const next = this.#candidates.find((other) => other !== this.#active && other.health.isSounding(nowMs));
    if (next !== undefined) this.#switchTo(next, `${this.#nameOf(this.#active)}: ${complaint}`);
  }

  #switchTo(candidate: Candidate, why: string): void {
    this.#context.onMessage(`failover: ${this.#nameOf(candidate)} from frame ${this.#position} on: ${why}`);
    this.#active = candidate;
    for (const chunk of candidate.standby.splice(0)) this.#append(chunk, true);
  }

  #nameOf({ source, spec }: Candidate): string {
    return source?.info.name ?? spec.slice(0, Math.max(spec.indexOf(':'), 0) || undefined);
  }

  #joining = false;

  /** Puts a chunk of the active source on the timeline; the first after a switch where its time is. */
  #append(chunk: PcmChunk, joining = false): void {
    const startMs = chunk.capturedMonotonicMs ?? this.#context.clock.monotonicMs() - framesToMs(chunk.frames);
    this.#utcOffsetMs ??= chunk.utcMs - startMs;
    this.#joining ||= joining;
    let { data, gaps } = chunk;
    let atMs = startMs;
    if (this.#joining && this.#reachesMs !== undefined) {
      const ahead = msToFrames(startMs - this.#reachesMs);
      const cut = Math.min(Math.max(-ahead, 0), chunk.frames);
      if (cut === chunk.frames) return;
      if (ahead > 0) this.#fill(ahead);
      data = data.subarray(cut * BYTES_PER_FRAME);
      if (cut > 0) gaps = undefined;
      atMs += framesToMs(cut);
    }
    this.#joining = false;
    const offset = this.#position - chunk.position - (chunk.data.length - data.length) / BYTES_PER_FRAME;
    this.#emit(
      data,
      atMs,
      gaps?.map((gap) => ({ ...gap, position: Math.max(this.#startFrame, gap.position + offset) })),
    );
  }

  /** Nothing was on air between the two sources. */
  #fill(frames: number): void {
    const gap: PcmGap = { position: this.#position, frames, reason: 'stall' };
    this.#emit(new Uint8Array(frames * BYTES_PER_FRAME), this.#reachesMs ?? 0, [gap]);
  }

  #emit(data: Uint8Array, startMs: number, gaps: readonly PcmGap[] = []): void {
    const frames = data.length / BYTES_PER_FRAME;
    const lostFrames = gaps.reduce((sum, gap) => sum + gap.frames, this.#counts.lostFrames);
    this.#counts = {
      ...this.#counts,
      frames: this.#counts.frames + frames,
      gaps: this.#counts.gaps + gaps.length,
      lostFrames,
    };
    this.#queue.push({
      position: this.#position,
      frames,
      data,
      utcMs: startMs + (this.#utcOffsetMs ?? 0),
      capturedMonotonicMs: startMs,
      ...(gaps.length === 0 ? {} : { gaps }),
    });
    this.#position += frames;
    this.#reachesMs = startMs + framesToMs(frames);
    this.#wake?.();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
