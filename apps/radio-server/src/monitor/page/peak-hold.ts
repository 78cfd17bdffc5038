/** How long a peak stands still, and how fast it falls then (IEC 60268-10 type I falls 20 dB in 1.7 s). */
const HOLD_MS = 1_500;
const FALL_DB_PER_SECOND = 12;

/** The highest peak of late: stands for a while, then falls until a newer peak is higher. */
export class PeakHold {
  #dbfs = Number.NEGATIVE_INFINITY;
  #sinceMs = 0;

  /** Takes a measured peak and returns what to show at `nowMs`. */
  update(dbfs: number, nowMs: number): number {
    const fallen = this.#dbfs - (Math.max(0, nowMs - this.#sinceMs - HOLD_MS) / 1000) * FALL_DB_PER_SECOND;
    if (!(dbfs >= fallen)) return fallen;
    this.#dbfs = dbfs;
    this.#sinceMs = nowMs;
    return dbfs;
  }
}
