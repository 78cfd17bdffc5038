import { isMissing, type Manifest } from '@bucket-radio/manifest';
import type { RenditionName } from '@bucket-radio/pcm';

/** What the listener asked for. `auto` is `hq` wherever the network carries it. */
export type Quality = 'auto' | 'hq' | 'lq';

/** In `auto`, `hq` must arrive within this share of its own duration. */
const DEADLINE_SHARE = 0.7;

/** Bounds of how long it may stand still meanwhile, in milliseconds. */
const MIN_IDLE_MS = 600;
const MAX_IDLE_MS = 4000;

/** Segments in `lq` before `hq` is tried again: at first, and at most (it doubles with every failed try). */
const FIRST_HOLD = 3;
const MAX_HOLD = 24;

/** `hq` is tried when the network last carried this multiple of its bit rate, or after MAX_HOLD segments of `lq`. */
const HEADROOM = 1.5;

/** This many `hq` segments in a row and the next slow one is a first offence again. */
const TRUST_AFTER = 6;

/** Smaller downloads say nothing about throughput. */
const MIN_MEASURED_BYTES = 10_000;

/** Decides, segment by segment, which rendition to fetch. A change takes effect at the next segment boundary. */
export class QualityPolicy {
  mode: Quality = 'auto';
  /** Whether the listener asked the browser to save data: then `auto` is `lq`. */
  savesData: () => boolean = () => false;
  #hold = 0;
  #nextHold = FIRST_HOLD;
  #streak = 0;
  #lqRun = 0;
  #bitsPerSecond: number | undefined;

  /** The renditions to try for segment `index`, best first; those known to be missing come last. */
  candidates(manifest: Manifest, index: number): readonly RenditionName[] {
    const there = manifest.renditions.map(({ name }) => name);
    const missing = there.filter((name) => isMissing(manifest, name, index));
    const order: readonly RenditionName[] = this.#prefers(manifest) === 'hq' ? ['hq', 'lq'] : ['lq', 'hq'];
    const rank = (name: RenditionName): number => order.indexOf(name) + (missing.includes(name) ? order.length : 0);
    return order.filter((name) => there.includes(name)).sort((a, b) => rank(a) - rank(b));
  }

  /** Milliseconds that a fetch of `rendition` may take before a lighter one is better; none when there is no choice. */
  deadlineMs(manifest: Manifest, index: number, rendition: RenditionName): number | undefined {
    const lqIsThere = manifest.renditions.some(({ name }) => name === 'lq') && !isMissing(manifest, 'lq', index);
    const choice = this.mode === 'auto' && rendition === 'hq' && lqIsThere;
    return choice ? manifest.segmentSeconds * 1000 * DEADLINE_SHARE : undefined;
  }

  /**
   * Milliseconds for which such a fetch may stand still: half of what is in hand, so that the other half is left for the
   * lighter one. What arrives is played while it arrives, so only a standstill hurts before the deadline.
   */
  idleMs(bufferedMs: number): number {
    return bufferedMs > 0 ? Math.min(MAX_IDLE_MS, Math.max(MIN_IDLE_MS, bufferedMs / 2)) : MAX_IDLE_MS;
  }

  /** A segment arrived. */
  arrived(rendition: RenditionName, bytes: number, ms: number): void {
    if (bytes >= MIN_MEASURED_BYTES) this.#bitsPerSecond = (bytes * 8000) / Math.max(1, ms);
    if (rendition === 'lq') {
      this.#hold = Math.max(0, this.#hold - 1);
      this.#lqRun++;
      return;
    }
    this.#lqRun = 0;
    if (++this.#streak >= TRUST_AFTER) this.#nextHold = FIRST_HOLD;
  }

  /** `hq` missed its deadline. */
  tooSlow(): void {
    this.#streak = 0;
    this.#lqRun = 0;
    this.#hold = this.#nextHold;
    this.#nextHold = Math.min(MAX_HOLD, this.#nextHold * 2);
  }

  #prefers(manifest: Manifest): RenditionName {
    if (this.mode !== 'auto') return this.mode;
    if (this.savesData()) return 'lq';
    if (this.#hold > 0) return 'lq';
    if (this.#streak > 0 || this.#bitsPerSecond === undefined || this.#lqRun >= MAX_HOLD) return 'hq';
    const hq = manifest.renditions.find(({ name }) => name === 'hq')?.bitrate ?? 0;
    return this.#bitsPerSecond >= hq * HEADROOM ? 'hq' : 'lq';
  }
}
