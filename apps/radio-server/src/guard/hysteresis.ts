/** What one look found: `unsure` between the two limits, where nothing changes. */
export type Verdict = 'bad' | 'good' | 'unsure';

export interface HysteresisLimits {
  /** Looks in a row that must be bad before the condition is told. */
  readonly raiseAfter: number;
  /** Looks in a row that must be good before it is over. */
  readonly clearAfter: number;
}

/** Tells a condition from a moment: it needs time to come and time to go. */
export class Hysteresis {
  readonly #limits: HysteresisLimits;
  #raised = false;
  #bad = 0;
  #good = 0;

  constructor(limits: HysteresisLimits) {
    this.#limits = limits;
  }

  get raised(): boolean {
    return this.#raised;
  }

  /** @returns what changed with this look */
  look(verdict: Verdict): 'raised' | 'cleared' | undefined {
    if (verdict === 'bad') {
      this.#bad += 1;
      this.#good = 0;
    } else if (verdict === 'good') {
      this.#good += 1;
      this.#bad = 0;
    }
    if (!this.#raised && this.#bad >= this.#limits.raiseAfter) return this.#become(true);
    if (this.#raised && this.#good >= this.#limits.clearAfter) return this.#become(false);
    return undefined;
  }

  #become(raised: boolean): 'raised' | 'cleared' {
    this.#raised = raised;
    [this.#bad, this.#good] = [0, 0];
    return raised ? 'raised' : 'cleared';
  }
}
