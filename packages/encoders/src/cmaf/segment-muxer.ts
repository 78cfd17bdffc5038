import {
  type EncodedSegment,
  type FlacFrame,
  type OpusPacket,
  type RenditionName,
  type SegmentEnd,
  segmentFrames,
} from '@bucket-radio/pcm';
import { EncoderError } from '../encoder-error.ts';
import { LEAD_IN_PACKETS } from '../opus/cuts.ts';
import { Timeline } from '../timeline.ts';
import { type CodecConfig, codecConfig } from './codec-config.ts';
import { describeSegment } from './describe-segment.ts';
import { normalizeInit } from './init-segment.ts';
import { mediaObject } from './media-object.ts';
import { leadInBox, segmentProofBox } from './uuid-boxes.ts';

export interface SegmentMuxerOptions {
  readonly rendition: RenditionName;
  /** ULID of the numbering. */
  readonly epoch: string;
  /** Whole seconds, 1 to 10. */
  readonly segmentSeconds: number;
  /** For `hq`: the encoder's {@link FlacEncoder.header}. The station's constant header when omitted. */
  readonly flacHeader?: Uint8Array;
}

/** Turns one rendition's frames or packets into media objects, for an endless stream in constant memory. */
export interface SegmentMuxer {
  /** Tells a segment's end. Must come before the last frame or packet of that segment. */
  endSegment(end: SegmentEnd): void;
  /**
   * Takes the next frames or packets. The first one starts a segment; the others follow without a hole.
   * @returns the segments they complete, in order: usually none or one. A segment is complete with its last unit.
   * @throws EncoderError `timeline` for a hole, a start inside a segment, or a segment whose end was not told
   */
  push(units: readonly (FlacFrame | OpusPacket)[]): Promise<EncodedSegment[]>;
}

/**
 * A muxer for one run of one rendition; a restart makes a new one.
 * @throws RangeError unless `segmentSeconds` is a whole number from 1 to 10
 */
export function createSegmentMuxer(options: SegmentMuxerOptions): SegmentMuxer {
  return new CmafSegmentMuxer(options);
}

type Unit = FlacFrame | OpusPacket;

/** A segment whose last unit has come. */
interface CompleteSegment {
  readonly end: SegmentEnd;
  readonly units: readonly Unit[];
  readonly leadIn: readonly Uint8Array[];
}

class CmafSegmentMuxer implements SegmentMuxer {
  readonly #rendition: RenditionName;
  readonly #epoch: string;
  readonly #segmentFrames: number;
  readonly #config: CodecConfig;
  readonly #timeline: Timeline;
  readonly #ends = new Map<number, SegmentEnd>();
  #units: Unit[] = [];
  #leadIn: readonly Uint8Array[] = [];
  #init: Uint8Array | undefined;

  constructor(options: SegmentMuxerOptions) {
    this.#rendition = options.rendition;
    this.#epoch = options.epoch;
    this.#segmentFrames = segmentFrames(options.segmentSeconds);
    this.#config = codecConfig(options.rendition, options.flacHeader);
    this.#timeline = new Timeline(`${options.rendition} muxer`);
  }

  endSegment(end: SegmentEnd): void {
    if (end.position !== end.index * this.#segmentFrames || end.frames > this.#segmentFrames) {
      throw new EncoderError(
        'timeline',
        `Segment ${end.index} is said to hold ${end.frames} frames from ${end.position}; it starts at ${end.index * this.#segmentFrames} and holds at most ${this.#segmentFrames}`,
      );
    }
    this.#ends.set(end.index, end);
  }

  async push(units: readonly Unit[]): Promise<EncodedSegment[]> {
    // Sorted into segments before anything is awaited, so that overlapping calls keep their order.
    const complete = units.flatMap((unit) => this.#take(unit));
    const segments: EncodedSegment[] = [];
    for (const segment of complete) segments.push(await this.#mux(segment));
    return segments;
  }

  #take(unit: Unit): CompleteSegment[] {
    if (!this.#timeline.started && unit.position % this.#segmentFrames !== 0) {
      throw new EncoderError(
        'timeline',
        `The ${this.#rendition} muxer starts at frame ${unit.position}; start at a multiple of ${this.#segmentFrames}`,
      );
    }
    this.#timeline.advance(unit);
    this.#units.push(unit);
    const index = Math.floor(unit.position / this.#segmentFrames);
    const end = this.#ends.get(index);
    const last = end === undefined ? (index + 1) * this.#segmentFrames : end.position + end.frames;
    if (this.#timeline.next < last) return [];
    return [this.#complete(index, end, last)];
  }

  #complete(index: number, end: SegmentEnd | undefined, last: number): CompleteSegment {
    if (end === undefined || this.#timeline.next > last) {
      throw new EncoderError(
        'timeline',
        `${this.#rendition} segment ${index} reached frame ${this.#timeline.next}, but its end ${end === undefined ? 'was not told' : `is ${last}`}; call endSegment before the segment's last unit`,
      );
    }
    const units = this.#units;
    const leadIn = this.#leadIn;
    this.#units = [];
    this.#ends.delete(index);
    if (this.#rendition === 'lq') this.#leadIn = units.slice(-LEAD_IN_PACKETS).map((unit) => unit.data);
    return { end, units, leadIn };
  }

  async #mux({ end, units, leadIn }: CompleteSegment): Promise<EncodedSegment> {
    const { init, moof } = await describeSegment(this.#config, units);
    if (this.#init === undefined) {
      normalizeInit(init);
      this.#init = init;
    }
    const box = this.#rendition === 'hq' ? segmentProofBox(this.#epoch, end) : leadInBox(leadIn);
    const data = mediaObject(box, moof, units, end.index);
    const { index, position, frames, utcMs } = end;
    return { rendition: this.#rendition, index, position, frames, utcMs, data, init: this.#init };
  }
}
