import type { RenditionName } from '@bucket-radio/pcm';
import type { CodecConfig } from '../mp4/init.ts';
import type { Packet, SegmentHead } from '../mp4/segment.ts';
import type { Clock } from './clock.ts';
import { type RenditionInit, type SegmentReceiver, TooSlow } from './segment-source.ts';

/** A segment on its way to the output, in playing order. */
export interface FollowedSegment {
  readonly epoch: string;
  /** Grows with every new epoch and every jump: within one stream, frames are contiguous. */
  readonly stream: number;
  readonly index: number;
  readonly rendition: RenditionName;
  /** First frame to play; later than the segment's own position only after a join or a second try. */
  readonly startFrame: number;
  readonly head: SegmentHead;
  readonly config: CodecConfig;
  /** The rendition's init segment. */
  readonly init: Uint8Array;
}

/** Takes the packets of one segment. */
export interface SegmentInput {
  /** @param soFar everything of the file that has arrived, for outputs that take it as it is */
  push(packets: readonly Packet[], soFar: Uint8Array<ArrayBuffer>): void;
  /**
   * Everything has arrived. Resolves when it has been handed on to the ear, whatever came of it; rejects only with the
   * signal's reason.
   */
  end(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void>;
  /** Nothing more will come. Returns the frame after the last one that is on its way to the ear. */
  cancel(): number;
}

/** What the follower delivers to. */
export interface SegmentOutput {
  begin(followed: FollowedSegment): SegmentInput;
  /** Milliseconds of sound in hand; ≤ 0 in silence. */
  bufferedMs(): number;
}

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly output: SegmentOutput;
  readonly place: Pick<FollowedSegment, 'epoch' | 'stream' | 'index' | 'rendition' | 'startFrame'>;
  /** How long silence has to go on before sound may start with this segment, in milliseconds. */
  readonly holdMs: number;
  /** The segment has to be complete this long after the request, because a lighter rendition exists. */
  readonly deadlineMs: number | undefined;
}

/** A download is judged by its speed after this time. */
const JUDGE_AFTER_MS = 700;

/** Sound may start before its segment is complete when the segment arrives this much faster than it plays. */
const SAFE_SPEED = 1.3;

/**
 * Hands a segment on while it arrives. In silence it holds the packets back until sound can start and go on: not before
 * there is enough in hand, and not while the network brings less than is played.
 */
export class Delivery implements SegmentReceiver {
  /** Milliseconds of sound that were in hand when the segment began to arrive. */
  marginMs = 0;
  readonly #options: DeliveryOptions;
  readonly #startedAt: number;
  #input: SegmentInput | undefined;
  #waiting: Packet[] = [];
  #holding: boolean;
  #receivedFrames = 0;
  #headAt = 0;
  #frames = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#holding = options.output.bufferedMs() <= 0;
  }

  begin(head: SegmentHead, { config, bytes: init }: RenditionInit): void {
    const { output, place, clock } = this.#options;
    this.#headAt = clock.now();
    this.marginMs = output.bufferedMs();
    this.#frames = head.frames;
    const startFrame = Math.max(head.position, place.startFrame);
    this.#input = output.begin({ ...place, startFrame, head, config, init });
  }

  push(packets: readonly Packet[], soFar: Uint8Array<ArrayBuffer>): void {
    for (const { frames } of packets) this.#receivedFrames += frames;
    this.#checkSpeed();
    this.#waiting.push(...packets);
    if (!this.#holding || this.#mayStart()) this.#release(soFar);
  }

  /** Everything has arrived. */
  async finish(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    if (this.#holding) {
      const ms = this.#startedAt + this.#options.holdMs - this.#options.clock.now();
      if (ms > 0) await this.#options.clock.sleep(ms, signal);
    }
    this.#release(bytes);
    await this.#input?.end(bytes, signal);
  }

  /** Nothing more will come. Returns the frame to go on with; `undefined` when nothing was handed on. */
  cancel(): number | undefined {
    this.#waiting = [];
    return this.#input?.cancel();
  }

  #release(soFar: Uint8Array<ArrayBuffer>): void {
    this.#holding = false;
    this.#input?.push(this.#waiting, soFar);
    this.#waiting = [];
  }

  #mayStart(): boolean {
    const now = this.#options.clock.now();
    if (now < this.#startedAt + this.#options.holdMs) return false;
    const elapsedMs = Math.max(1, now - this.#headAt);
    return this.#receivedFrames / (48 * elapsedMs) >= SAFE_SPEED;
  }

  #checkSpeed(): void {
    const { clock, deadlineMs } = this.#options;
    const elapsedMs = clock.now() - this.#startedAt;
    if (deadlineMs === undefined || elapsedMs < JUDGE_AFTER_MS) return;
    if (elapsedMs * this.#frames > deadlineMs * this.#receivedFrames) throw new TooSlow();
  }
}
