import { framesToMs, SAMPLE_RATE } from '@bucket-radio/pcm';

/** A frame, counted from the start of a recording, and its UTC label in milliseconds. */
export interface Anchor {
  readonly frame: number;
  readonly utcMs: number;
}

const FRAMES_PER_MS = SAMPLE_RATE / 1000;

/**
 * Frames and UTC labels of one recording. A sound card's clock is off by some 100 ppm, a third of a second in an hour:
 * between labels that are known the rest lie on a line, before and after them time passes at 48,000 frames a second.
 */
export class Timeline {
  readonly #anchors: readonly Anchor[];

  /** @param anchors at least one. Those that are not later than the one before in both ways are left out */
  constructor(anchors: readonly Anchor[]) {
    const rising: Anchor[] = [];
    for (const anchor of [...anchors].sort((a, b) => a.frame - b.frame)) {
      const last = rising.at(-1);
      if (last === undefined || (anchor.frame > last.frame && anchor.utcMs > last.utcMs)) rising.push(anchor);
    }
    if (rising.length === 0) throw new RangeError('a timeline needs at least one anchor');
    this.#anchors = rising;
  }

  utcMsAt(frame: number): number {
    const [from, to] = this.#around((anchor) => anchor.frame <= frame);
    if (to === undefined) return from.utcMs + framesToMs(frame - from.frame);
    return from.utcMs + ((frame - from.frame) * (to.utcMs - from.utcMs)) / (to.frame - from.frame);
  }

  /** The nearest whole frame; may lie before the start or after the end of the recording. */
  frameAt(utcMs: number): number {
    const [from, to] = this.#around((anchor) => anchor.utcMs <= utcMs);
    if (to === undefined) return Math.round(from.frame + (utcMs - from.utcMs) * FRAMES_PER_MS);
    return Math.round(from.frame + ((utcMs - from.utcMs) * (to.frame - from.frame)) / (to.utcMs - from.utcMs));
  }

  /** The last anchor that is not after, and the next one; only the first anchor for what is before all. */
  #around(isNotAfter: (anchor: Anchor) => boolean): readonly [Anchor, Anchor | undefined] {
    const last = this.#anchors.findLastIndex(isNotAfter);
    const first = this.#anchors[Math.max(0, last)] as Anchor;
    return [first, last === -1 ? undefined : this.#anchors[last + 1]];
  }
}
