import type { RenditionName } from '@bucket-radio/pcm';

/** A segment that was given to the output. */
export interface TimelineSegment {
  readonly epoch: string;
  readonly stream: number;
  readonly index: number;
  readonly rendition: RenditionName;
  /** Frames `[position, end)`. */
  readonly position: number;
  readonly end: number;
  /** Outcome of the PCM MD5 check; absent where there is no proof (`lq`), or before decoding is done. */
  verified?: boolean;
}

/** Segments remembered behind the one that is heard. */
const KEEP_BEHIND = 2;

/** What is in the output's buffer, so that a played frame can be traced to its segment. */
export class Timeline {
  #segments: TimelineSegment[] = [];

  add(segment: TimelineSegment): void {
    this.#segments.push(segment);
  }

  /** The segment that frame `frame` of `stream` belongs to. Forgets what lies well behind it. */
  at(stream: number, frame: number): TimelineSegment | undefined {
    const i = this.#segments.findIndex((one) => one.stream === stream && frame >= one.position && frame < one.end);
    const found = this.#segments[i];
    if (i > KEEP_BEHIND) this.#segments = this.#segments.slice(i - KEEP_BEHIND);
    return found;
  }

  knows(stream: number, frame: number): boolean {
    return this.#segments.some((one) => one.stream === stream && frame >= one.position && frame <= one.end);
  }

  clear(): void {
    this.#segments = [];
  }
}
