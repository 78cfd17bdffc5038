import type { Levels } from '../status.ts';
import type { Minute, MonitorStatus } from './monitor-status.ts';

/** A day. */
const MINUTES = 24 * 60;
const SECONDS_PER_MINUTE = 60;
const SILENCE_LUFS = -70;

/** The last 24 hours in minutes; holds nothing that grows beyond them. */
export class History {
  #minutes: Minute[] = [];
  #peakDbfs = -150;
  #loudness = 0;
  #readings = 0;
  #seconds = 0;
  #gapsBefore = 0;

  get minutes(): readonly Minute[] {
    return this.#minutes;
  }

  levels({ peakDbfs, loudness }: Levels): void {
    this.#peakDbfs = Math.max(this.#peakDbfs, ...peakDbfs);
    this.#loudness += Math.max(SILENCE_LUFS, loudness.shortTerm);
    this.#readings += 1;
  }

  /** Call once a second. @returns the minute that has ended */
  second(status: MonitorStatus, nowMs: number): Minute | undefined {
    this.#seconds += 1;
    if (this.#seconds < SECONDS_PER_MINUTE) return undefined;
    const minute: Minute = {
      atMs: nowMs,
      peakDbfs: this.#peakDbfs,
      loudness: this.#readings === 0 ? SILENCE_LUFS : this.#loudness / this.#readings,
      queuedSegments: status.queue.segments,
      putP95Ms: status.storage.p95Ms,
      sentBps: status.storage.sentBps,
      gaps: Math.max(0, status.captured.gaps - this.#gapsBefore),
    };
    this.#gapsBefore = status.captured.gaps;
    [this.#seconds, this.#peakDbfs, this.#loudness, this.#readings] = [0, -150, 0, 0];
    this.#minutes = [...this.#minutes, minute].slice(-MINUTES);
    return minute;
  }
}
