import { framesToMs, type PcmChunk } from '@bucket-radio/pcm';
import type { Clock } from '../clock.ts';
import { CaptureError } from '../error.ts';
import type { ChunkOptions } from '../source.ts';
import type { CaptureState } from '../stats.ts';
import type { RunningTool } from '../tool.ts';
import { GapAccountant } from './gap-accountant.ts';
import { Inbox, type LiveEvent } from './inbox.ts';
import type { LiveInput } from './live-input.ts';
import { isStopped } from './process-state.ts';

export interface LiveContext {
  readonly clock: Clock;
  readonly onMessage: (line: string) => void;
}

const TICK_MS = 100;
/** A tick this late means that this process itself did not run. */
const LATE_TICK_MS = 300;
/** A tool that was stopped (see {@link isStopped}) is waited for this long, then replaced. */
const STOPPED_LIMIT_MS = 10_000;
/** A killed tool that does not go away within this time no longer keeps the next from starting. */
const KILL_TIMEOUT_MS = 2_000;
/** Silence ends this long before the present, so that a source that comes back is never late for its own place. */
const SILENCE_MARGIN_MS = 20;

interface Attempt {
  readonly id: number;
  readonly startedMs: number;
  readonly abort: AbortController;
  tool: RunningTool | undefined;
  toS24le: (data: Uint8Array) => Uint8Array;
  frameBytes: number;
  rest: Uint8Array;
  /** Data came, at this time; the start of the attempt before that. */
  lastMs: number;
  delivered: boolean;
  /** When it was told to end. */
  endingMs: number | undefined;
  refusal: CaptureError | undefined;
  lastLine: string;
}

/**
 * Keeps a live source going for as long as somebody listens: starts its tool, reads it without ever making it wait,
 * restarts it when it ends or stalls, and lets the timeline go on as silence meanwhile.
 */
export class LiveCapture {
  readonly #input: LiveInput;
  readonly #context: LiveContext;
  readonly #signal: AbortSignal;
  readonly #accountant: GapAccountant;
  readonly #inbox = new Inbox();
  readonly #stopped = new AbortController();
  #attempt: Attempt | undefined;
  #attempts = 0;
  /** Attempts in a row that delivered nothing. */
  #failures = 0;
  #nextAttemptMs = 0;
  #lastTickMs = 0;
  #goneSinceMs: number | undefined;
  #saidWhileGone = new Set<string>();
  #pumps: Promise<void>[] = [];
  #state: CaptureState = 'idle';
  #delivered = false;

  constructor(input: LiveInput, context: LiveContext, { startFrame, signal }: ChunkOptions) {
    this.#input = input;
    this.#context = context;
    this.#signal = signal;
    this.#accountant = new GapAccountant(startFrame, input.gaps);
  }

  get state(): CaptureState {
    return this.#state;
  }

  get counts(): GapAccountant['counts'] {
    return this.#accountant.counts;
  }

  get clockPpm(): number | null {
    return this.#accountant.clockPpm;
  }

  /** Contiguous chunks until the signal is aborted. @throws CaptureError when the tool is missing or its output unusable */
  async *chunks(): AsyncGenerator<PcmChunk, void, undefined> {
    const aborted = (): void => this.#inbox.push({ type: 'aborted' });
    this.#signal.addEventListener('abort', aborted, { once: true });
    try {
      if (this.#signal.aborted) return;
      this.#begin();
      while (!this.#signal.aborted) {
        for (const chunk of this.#handle(await this.#inbox.next())) {
          // All of them, even when the consumer aborts at the first: what was held back until the end follows them.
          this.#report(chunk);
          yield chunk;
        }
      }
      yield* this.#accountant.end();
    } finally {
      this.#signal.removeEventListener('abort', aborted);
      await this.#close();
    }
  }

  #begin(): void {
    const { clock } = this.#context;
    const nowMs = clock.monotonicMs();
    this.#accountant.setUtc(clock.utcMs(), nowMs);
    this.#state = 'capturing';
    this.#lastTickMs = nowMs;
    this.#start(nowMs);
    this.#pumps.push(this.#tick());
  }

  async #close(): Promise<void> {
    this.#state = 'ended';
    this.#stopped.abort();
    this.#attempt?.abort.abort();
    await Promise.all(this.#pumps);
  }

  async #tick(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#context.clock.sleep(TICK_MS, signal);
      this.#inbox.push({ type: 'tick' });
    }
  }

  #handle(event: LiveEvent): PcmChunk[] {
    const attempt = this.#attempt;
    switch (event.type) {
      case 'tick':
        return this.#onTick(this.#context.clock.monotonicMs());
      case 'data':
        return attempt?.id === event.attempt && attempt.endingMs === undefined ? this.#onData(attempt, event) : [];
      case 'overrun':
        if (attempt?.id === event.attempt) this.#accountant.overrunReported(event.atMs);
        return [];
      case 'ended':
        return attempt?.id === event.attempt ? this.#onEnd(attempt, event) : [];
      case 'aborted':
        return [];
    }
  }

  #onData(attempt: Attempt, { data, atMs }: { readonly data: Uint8Array; readonly atMs: number }): PcmChunk[] {
    attempt.lastMs = atMs;
    attempt.delivered = true;
    this.#delivered = true;
    this.#failures = 0;
    if (attempt.refusal) throw attempt.refusal;
    this.#back(atMs);
    const bytes = attempt.rest.length === 0 ? data : new Uint8Array(Buffer.concat([attempt.rest, data]));
    const whole = bytes.length - (bytes.length % attempt.frameBytes);
    attempt.rest = bytes.slice(whole);
    return this.#accountant.arrived(attempt.toS24le(bytes.subarray(0, whole)), atMs);
  }

  #onTick(nowMs: number): PcmChunk[] {
    const late = nowMs - this.#lastTickMs > LATE_TICK_MS;
    this.#lastTickMs = nowMs;
    const attempt = this.#attempt;
    if (attempt === undefined) {
      const chunks = this.#accountant.silence(nowMs - SILENCE_MARGIN_MS);
      if (nowMs >= this.#nextAttemptMs) this.#start(nowMs);
      return chunks;
    }
    if (attempt.endingMs !== undefined) {
      if (nowMs - attempt.endingMs > KILL_TIMEOUT_MS) this.#attempt = undefined;
      return this.#accountant.silence(nowMs - SILENCE_MARGIN_MS);
    }
    const stalled = this.#watch(attempt, nowMs, late);
    const sinceMs = this.#input.reopen.silenceWhileOpening ? nowMs : attempt.startedMs;
    return [...stalled, ...this.#accountant.silence(sinceMs - SILENCE_MARGIN_MS)];
  }

  /** Ends an attempt that delivers nothing, unless it, or this process, was stopped. */
  #watch(attempt: Attempt, nowMs: number, late: boolean): PcmChunk[] {
    const { stallMs, firstDataMs } = this.#input.reopen;
    const silentMs = nowMs - attempt.lastMs;
    const limitMs = attempt.delivered ? stallMs : firstDataMs;
    if (late) attempt.lastMs = Math.max(attempt.lastMs, nowMs - limitMs / 2);
    if (late || silentMs <= limitMs) return [];
    if (silentMs < STOPPED_LIMIT_MS && this.#wasStopped(attempt, nowMs)) return [];
    attempt.endingMs = nowMs;
    attempt.abort.abort();
    return this.#gone('stall', `it delivered nothing for ${Math.round(silentMs)} ms`, nowMs);
  }

  #stoppedAtMs = Number.NEGATIVE_INFINITY;

  /** Stopped now, or until so recently that it has not had time to deliver. */
  #wasStopped(attempt: Attempt, nowMs: number): boolean {
    if (isStopped(attempt.tool?.pid)) this.#stoppedAtMs = nowMs;
    return nowMs - this.#stoppedAtMs < this.#input.reopen.stallMs;
  }

  #onEnd(attempt: Attempt, { why, error }: { readonly why: string; readonly error?: unknown }): PcmChunk[] {
    this.#attempt = undefined;
    if (attempt.refusal && !this.#delivered) throw attempt.refusal;
    if (error instanceof CaptureError && error.code === 'ToolMissing') throw error;
    const nowMs = this.#context.clock.monotonicMs();
    if (!attempt.delivered) this.#failures += 1;
    const { backoffMs } = this.#input.reopen;
    this.#nextAttemptMs = nowMs + (backoffMs[Math.min(this.#failures, backoffMs.length - 1)] ?? 0);
    return this.#gone('unplug', why, nowMs);
  }

  #gone(reason: 'stall' | 'unplug', why: string, nowMs: number): PcmChunk[] {
    if (this.#goneSinceMs === undefined) {
      this.#goneSinceMs = nowMs;
      this.#say(`stopped delivering: ${why}; silence until it is back`);
    }
    this.#state = 'reopening';
    return this.#accountant.interrupted ? [] : this.#accountant.interrupt(reason, nowMs);
  }

  #back(nowMs: number): void {
    if (this.#goneSinceMs === undefined) return;
    this.#say(`audio is back after ${((nowMs - this.#goneSinceMs) / 1000).toFixed(1)} s`);
    this.#goneSinceMs = undefined;
    this.#saidWhileGone.clear();
    this.#state = 'capturing';
  }

  #report({ gaps = [] }: PcmChunk): void {
    for (const { position, frames, reason } of gaps) {
      this.#say(`gap of ${frames} frames (${framesToMs(frames).toFixed(1)} ms) at frame ${position}: ${reason}`);
    }
  }

  #say(text: string): void {
    this.#context.onMessage(`${this.#input.name}: ${text}`);
  }

  #start(nowMs: number): void {
    this.#attempts += 1;
    const attempt: Attempt = {
      id: this.#attempts,
      startedMs: nowMs,
      abort: new AbortController(),
      tool: undefined,
      toS24le: (data) => data,
      frameBytes: 1,
      rest: new Uint8Array(0),
      lastMs: nowMs,
      delivered: false,
      endingMs: undefined,
      refusal: undefined,
      lastLine: '',
    };
    this.#attempt = attempt;
    const pump = this.#pump(attempt).finally(() => {
      this.#pumps = this.#pumps.filter((other) => other !== pump);
    });
    this.#pumps.push(pump);
  }

  /** Reads a tool to its end, noting when each piece arrived. */
  async #pump(attempt: Attempt): Promise<void> {
    const { clock } = this.#context;
    let why = '';
    let failure: { readonly error?: unknown } = {};
    try {
      const started = await this.#input.start({
        signal: attempt.abort.signal,
        onLine: (line) => this.#onLine(attempt, line),
      });
      const { tool } = started;
      attempt.tool = tool;
      attempt.frameBytes = started.frameBytes;
      attempt.toS24le = (data) => started.toS24le(data);
      let bytes = 0;
      try {
        for await (const data of tool.output) {
          this.#inbox.push({ type: 'data', attempt: attempt.id, data, atMs: clock.monotonicMs() });
          bytes += data.length;
          await this.#inbox.room();
          await this.#waitForTime(attempt, bytes / started.frameBytes);
        }
      } finally {
        await tool.stop();
      }
      why = attempt.lastLine || `its tool ended with ${(await tool.exit).code ?? 'a signal'}`;
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
      failure = { error };
    }
    this.#inbox.push({ type: 'ended', attempt: attempt.id, why, ...failure });
  }

  async #waitForTime({ startedMs, abort }: Attempt, frames: number): Promise<void> {
    const { maxLeadMs } = this.#input;
    if (maxLeadMs === undefined) return;
    const { clock } = this.#context;
    const leadMs = framesToMs(frames) - (clock.monotonicMs() - startedMs);
    if (leadMs > maxLeadMs) await clock.sleep(leadMs - maxLeadMs, abort.signal);
  }

  #onLine(attempt: Attempt, line: string): void {
    const meaning = this.#input.readLine(line);
    if (meaning === 'routine') return;
    if (meaning instanceof CaptureError) attempt.refusal ??= meaning;
    if (meaning === 'overrun') {
      const atMs = this.#context.clock.monotonicMs();
      this.#inbox.push({ type: 'overrun', attempt: attempt.id, atMs });
    } else {
      attempt.lastLine = line.replace(/^[\w-]+: (\w+:\d+: )?/, '');
    }
    // A device that stays away would say so twice a second.
    if (this.#goneSinceMs !== undefined) {
      if (this.#saidWhileGone.has(line) || this.#saidWhileGone.size >= MAX_SAID_WHILE_GONE) return;
      this.#saidWhileGone.add(line);
    }
    const { toolName } = this.#input;
    this.#context.onMessage(line.startsWith(`${toolName}:`) ? line : `${toolName}: ${line}`);
  }
}

/** Different lines passed on while a source is gone. */
const MAX_SAID_WHILE_GONE = 20;
