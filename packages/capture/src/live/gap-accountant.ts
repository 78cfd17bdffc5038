import {
  BYTES_PER_FRAME,
  framesToMs,
  type GapReason,
  type PcmChunk,
  type PcmGap,
  SAMPLE_RATE,
} from '@bucket-radio/pcm';
import { ArrivalLine } from './arrival-line.ts';
import { lossOnset } from './loss-onset.ts';

/** When lateness is loss. All in milliseconds. */
export interface GapPolicy {
  /** Lateness that nothing but loss explains, when it stays and no tool said anything. */
  readonly thresholdMs: number;
  /** How long lateness must stay, at the pace of the source, before it is loss. */
  readonly settleMs: number;
  /** The same, after the tool reported an overrun or the source was opened again. */
  readonly reportedSettleMs: number;
  /** After an interruption, drop what lies before the timeline's end: a server that sends its last seconds again. */
  readonly trimSurplus: boolean;
}

/** A sound card, or a tool that reads one. */
export const DEVICE_POLICY: GapPolicy = {
  thresholdMs: 5,
  settleMs: 1_500,
  reportedSettleMs: 400,
  trimSurplus: false,
};

/** Lateness that is loss once an overrun was reported: above the noise of punctual arrivals. */
const REPORTED_THRESHOLD_MS = 1;
/** How long after an overrun message its loss may show. */
const REPORT_VALID_MS = 2_000;
/** Lateness that changes by more than this is a backlog being read, or chance: not loss. */
const STEADY_MS = 2;
/** How far a chance delay counts towards the typical one: a freeze is not typical. */
const MAX_CHANCE_MS = 20;
/** The typical delay is averaged over this many arrivals. */
const TYPICAL_ARRIVALS = 32;
/** The noisier the arrivals, the more of them it takes to measure a gap: added settling time per typical delay. */
const SETTLE_PER_TYPICAL = 200;
/** An overrun message may be read this long after the first sound that followed the overrun. */
const MESSAGE_DELAY_MS = 50;
/** Arrivals in each half of the time in which lateness must stay; fewer when something else says that there is a gap. */
const MIN_PIECES = { reported: 2, unreported: 6 } as const;
/** Most audio held back while it is being decided whether frames are missing before it. */
const MAX_HELD_MS = 20_000;
/** Overrun messages remembered. */
const MAX_REPORTS = 100;
const MAX_SILENCE_FRAMES = SAMPLE_RATE;
/** A gap that lasts longer is listed in contiguous parts of this length. */
const MAX_GAP_PART_FRAMES = 10 * SAMPLE_RATE;

/** Whole frames, and when the last of them arrived. */
interface Piece {
  readonly data: Uint8Array;
  readonly frames: number;
  readonly atMs: number;
}

/** A piece that waits until it is known whether frames are missing before it. */
interface Held extends Piece {
  readonly excessMs: number;
}

/** Lateness under observation. */
interface Suspicion {
  reason: GapReason;
  /** The source was interrupted: there is a gap, only its length is open. */
  readonly interrupted: boolean;
  /** What arrived before cannot show how long the loss was. */
  sinceMs: number;
}

/** What the accountant counted. */
export interface GapCounts {
  /** Frames in the timeline, silence included. */
  readonly frames: number;
  readonly xruns: number;
  readonly gaps: number;
  readonly lostFrames: number;
}

/**
 * Places what a live source delivers on the station's timeline and fills in, as silence, what it lost.
 *
 * Time is the witness, not the tool: frames that were not lost arrive on a line (see {@link ArrivalLine}), now and then
 * late, never early, and once a backlog has been read they are on the line again. Frames that are lost never come, so
 * everything after them stays late by exactly their length. While arrivals are late they are held back; when
 * the lateness has stayed for {@link GapPolicy.settleMs} it is filled with silence, and when it goes away nothing was
 * lost. Drift is the slope of the line, and is not loss. An overrun message only makes the accountant look closer.
 *
 * A pure function of what it is told: it reads no clock. Times are monotonic milliseconds.
 */
export class GapAccountant {
  readonly #policy: GapPolicy;
  readonly #startFrame: number;
  #line: ArrivalLine | undefined;
  /** UTC minus monotonic time, read once. */
  #utcOffsetMs = 0;
  #position: number;
  #nowMs = 0;
  #held: Held[] = [];
  #heldFrames = 0;
  #suspicion: Suspicion | undefined;
  #interruption: GapReason | undefined;
  #reports: number[] = [];
  /** How late an arrival is that lost nothing, on average. */
  #typicalMs = 0;
  /** The newest part of a gap, not listed yet. */
  #gap: { position: number; frames: number; reason: GapReason } | undefined;
  #gapEnd = -1;
  #out: PcmChunk[] = [];
  #xruns = 0;
  #gaps = 0;
  #lostFrames = 0;

  constructor(startFrame: number, policy: GapPolicy) {
    this.#startFrame = startFrame;
    this.#position = startFrame;
    this.#policy = policy;
  }

  get counts(): GapCounts {
    const frames = this.#position - this.#startFrame;
    return { frames, xruns: this.#xruns, gaps: this.#gaps, lostFrames: this.#lostFrames };
  }

  /** The source's rate against 48 kHz; `null` until it was measured over 10 minutes. */
  get clockPpm(): number | null {
    return this.#line?.clockPpm ?? null;
  }

  /** The source is interrupted and has not delivered since. */
  get interrupted(): boolean {
    return this.#interruption !== undefined;
  }

  /**
   * Says what the wall clock shows, for the labels. Only the first call counts: a step never bends the timeline.
   * Without it labels are monotonic time.
   */
  setUtc(utcMs: number, atMs: number): void {
    if (this.#utcOffsetMs === 0) this.#utcOffsetMs = utcMs - atMs;
  }

  /** Whole frames of S24LE stereo arrived. Returns the chunks that are now certain, in order. */
  arrived(data: Uint8Array, atMs: number): PcmChunk[] {
    const frames = data.length / BYTES_PER_FRAME;
    this.#nowMs = atMs;
    if (frames > 0) this.#take({ data, frames, atMs });
    return this.#flush();
  }

  /** The tool says that it lost something. Where and how much is for the clock to say. */
  overrunReported(atMs: number): void {
    this.#xruns += 1;
    this.#reports.push(atMs);
    this.#reports = this.#reports.slice(-MAX_REPORTS);
    if (this.#suspicion === undefined || this.#suspicion.interrupted || this.#suspicion.reason === 'xrun') return;
    this.#suspicion.reason = 'xrun';
    this.#suspicion.sinceMs = atMs - MESSAGE_DELAY_MS;
  }

  /** The source is gone: what arrives next comes after a gap. Returns what was held back. */
  interrupt(reason: GapReason, atMs: number): PcmChunk[] {
    this.#nowMs = atMs;
    this.#line ??= new ArrivalLine(atMs, this.#startFrame);
    this.#release();
    this.#reports = [];
    this.#interruption ??= reason;
    return this.#flush();
  }

  /** While interrupted: the timeline goes on as silence up to `untilMs`, a time before which the source cannot return. */
  silence(untilMs: number): PcmChunk[] {
    this.#nowMs = untilMs;
    if (this.#interruption !== undefined && this.#line !== undefined) {
      this.#insert(this.#line.frameAt(untilMs) - this.#position, this.#interruption);
    }
    return this.#flush();
  }

  /** The source has ended for good: what was held back, as it is. */
  end(): PcmChunk[] {
    this.#release();
    return this.#flush();
  }

  #take(piece: Piece): void {
    const line = this.#lineFor(piece);
    if (this.#suspicion === undefined) {
      const end = this.#position + piece.frames;
      const excess = line.lateness(end, piece.atMs) - line.expected(piece.atMs);
      const suspected = this.#reasonToSuspect(excess, piece.atMs, line);
      if (suspected === undefined) {
        this.#emit(piece.data);
        this.#notLost(excess);
        line.add(end, piece.atMs);
        return;
      }
      this.#suspicion = {
        reason: suspected,
        interrupted: this.#interruption !== undefined,
        sinceMs: piece.atMs,
      };
      this.#interruption = undefined;
    }
    this.#hold(piece, line, this.#suspicion);
  }

  #lineFor({ frames, atMs }: Piece): ArrivalLine {
    this.#line ??= new ArrivalLine(atMs - framesToMs(frames), this.#startFrame);
    return this.#line;
  }

  #reasonToSuspect(excessMs: number, atMs: number, line: ArrivalLine): GapReason | undefined {
    if (this.#interruption !== undefined) return this.#interruption;
    this.#reports = this.#reports.filter((reportMs) => atMs - reportMs <= REPORT_VALID_MS);
    if (this.#reports.length > 0 && excessMs > this.#thresholdMs('xrun', line)) return 'xrun';
    return line.settled && excessMs > this.#thresholdMs('stall', line) ? 'stall' : undefined;
  }

  /** Lateness that is looked into. */
  #thresholdMs(reason: GapReason, { noiseMs }: ArrivalLine): number {
    if (reason === 'xrun') return Math.max(REPORTED_THRESHOLD_MS, 4 * noiseMs, this.#typicalMs);
    return Math.max(this.#policy.thresholdMs, 6 * noiseMs);
  }

  #notLost(excessMs: number): void {
    this.#typicalMs += (Math.min(Math.max(0, excessMs), MAX_CHANCE_MS) - this.#typicalMs) / TYPICAL_ARRIVALS;
  }

  #hold(piece: Piece, line: ArrivalLine, suspicion: Suspicion): void {
    this.#heldFrames += piece.frames;
    const excess = line.lateness(this.#position + this.#heldFrames, piece.atMs) - line.expected(piece.atMs);
    this.#held.push({ ...piece, excessMs: excess });
    if (!suspicion.interrupted && excess <= this.#thresholdMs(suspicion.reason, line)) {
      this.#release();
      line.add(this.#position, piece.atMs);
      return;
    }
    const onset = this.#onset(suspicion, line);
    if (onset !== undefined) this.#decide(suspicion, line, onset);
    else while (framesToMs(this.#heldFrames) > MAX_HELD_MS) this.#emitOldest();
  }

  /** Which of the pieces held back is the first after the loss; `undefined` as long as nothing is certain. */
  #onset(suspicion: Suspicion, line: ArrivalLine): number | undefined {
    if (!this.#isSteady(this.#held, suspicion, line)) return undefined;
    if (suspicion.interrupted) return 0;
    const onset = lossOnset({
      excessMs: this.#held.map(({ excessMs }) => excessMs),
      pieceMs: framesToMs(this.#heldFrames) / this.#held.length,
      agreeingMs: steadyMs(line),
      typicalMs: this.#typicalMs,
    });
    return onset === 0 || this.#isSteady(this.#held.slice(onset), suspicion, line) ? onset : undefined;
  }

  /** Whether lateness is the same in both halves of the settling time: a backlog being read would have shrunk it. */
  #isSteady(held: readonly Held[], { reason, interrupted, sinceMs }: Suspicion, line: ArrivalLine): boolean {
    const certain = interrupted || reason === 'xrun';
    const pieces = certain ? MIN_PIECES.reported : MIN_PIECES.unreported;
    const pieceMs = framesToMs(held.reduce((sum, { frames }) => sum + frames, 0)) / held.length;
    const settleMs = Math.max(this.#settleMs(certain), (2 * pieces + 1) * pieceMs);
    const nowMs = held.at(-1)?.atMs ?? 0;
    const middleMs = nowMs - settleMs / 2;
    const window = held.filter(({ atMs }) => atMs >= Math.max(sinceMs, nowMs - settleMs));
    const earlier = window.filter(({ atMs }) => atMs < middleMs);
    const later = window.filter(({ atMs }) => atMs >= middleMs);
    if (earlier.length < pieces || later.length < pieces) return false;
    return Math.abs(least(earlier) - least(later)) <= steadyMs(line);
  }

  #settleMs(certain: boolean): number {
    const { reportedSettleMs, settleMs } = this.#policy;
    return certain ? Math.min(settleMs, reportedSettleMs + SETTLE_PER_TYPICAL * this.#typicalMs) : settleMs;
  }

  /** The lateness stayed: that many frames are missing before the first piece held back that is on its new line. */
  #decide(suspicion: Suspicion, line: ArrivalLine, onset: number): void {
    for (const { excessMs } of this.#held.slice(0, onset)) {
      this.#notLost(excessMs);
      this.#emitOldest();
    }
    const missing = Math.round((least(this.#held) * SAMPLE_RATE) / 1000);
    const held = this.#held;
    const knownMs = (held[0]?.atMs ?? 0) + MESSAGE_DELAY_MS;
    this.#suspicion = undefined;
    this.#held = [];
    this.#heldFrames = 0;
    this.#reports = this.#reports.filter((reportMs) => reportMs > knownMs);
    if (missing > 0) this.#insert(missing, suspicion.reason);
    else if (missing < 0 && this.#policy.trimSurplus) trimFrames(held, -missing);
    else if (missing < 0) line.shift((missing * 1000) / SAMPLE_RATE);
    // They are on the line now, unless more was lost among them.
    for (const piece of held) if (piece.frames > 0) this.#take(piece);
  }

  #release(): void {
    this.#suspicion = undefined;
    for (const { excessMs } of this.#held) this.#notLost(excessMs);
    while (this.#held.length > 0) this.#emitOldest();
  }

  #emitOldest(): void {
    const piece = this.#held.shift();
    if (piece === undefined) return;
    this.#heldFrames -= piece.frames;
    this.#emit(piece.data);
  }

  #insert(frames: number, reason: GapReason): void {
    for (let left = frames; left > 0; ) {
      const length = Math.min(left, MAX_SILENCE_FRAMES);
      left -= length;
      this.#extendGap(length, reason);
      this.#emit(new Uint8Array(length * BYTES_PER_FRAME), true);
    }
  }

  #extendGap(frames: number, reason: GapReason): void {
    if (this.#gapEnd !== this.#position) this.#gaps += 1;
    this.#lostFrames += frames;
    this.#gapEnd = this.#position + frames;
    if (this.#gap === undefined) this.#gap = { position: this.#position, frames, reason };
    else this.#gap.frames += frames;
  }

  #emit(data: Uint8Array, silent = false): void {
    const frames = data.length / BYTES_PER_FRAME;
    const gaps = this.#listGap(silent);
    const capturedMonotonicMs = this.#line?.arrivalMs(this.#position, this.#nowMs) ?? 0;
    this.#out.push({
      position: this.#position,
      frames,
      data,
      utcMs: capturedMonotonicMs + this.#utcOffsetMs,
      capturedMonotonicMs,
      ...(gaps === undefined ? {} : { gaps }),
    });
    this.#position += frames;
  }

  /** A gap is listed when it is over, so that it is listed whole, or when it has become long. */
  #listGap(silent: boolean): PcmGap[] | undefined {
    const gap = this.#gap;
    if (gap === undefined || (silent && gap.frames < MAX_GAP_PART_FRAMES)) return undefined;
    this.#gap = undefined;
    return [gap];
  }

  #flush(): PcmChunk[] {
    const chunks = this.#out;
    this.#out = [];
    return chunks;
  }
}

/** Lateness that changes by no more than this stays the same. */
function steadyMs({ noiseMs }: ArrivalLine): number {
  return Math.max(STEADY_MS, 6 * noiseMs);
}

function least(pieces: readonly Held[]): number {
  return pieces.reduce((excess, piece) => Math.min(excess, piece.excessMs), Number.POSITIVE_INFINITY);
}

/** Takes `frames` frames off the start of `pieces`; a piece that is wholly taken stays, empty. */
function trimFrames(pieces: Held[], frames: number): void {
  let left = frames;
  for (const [index, piece] of pieces.entries()) {
    const taken = Math.min(left, piece.frames);
    left -= taken;
    if (taken === 0) return;
    const data = piece.data.subarray(taken * BYTES_PER_FRAME);
    pieces[index] = { ...piece, data, frames: piece.frames - taken };
  }
}
