import { EncoderError } from './encoder-error.ts';

/** A run of units that must follow one another without a hole. */
export class Timeline {
  readonly #who: string;
  #start: number | undefined;
  #next = 0;

  constructor(who: string) {
    this.#who = who;
  }

  /** Station frame at which the run starts; 0 before its first unit. */
  get start(): number {
    return this.#start ?? 0;
  }

  /** Station frame after the last unit; 0 before the first. */
  get next(): number {
    return this.#next;
  }

  get started(): boolean {
    return this.#start !== undefined;
  }

  /** @throws EncoderError `timeline` when `unit` does not start where the previous one ended. */
  advance(unit: { readonly position: number; readonly frames: number }): void {
    if (this.#start === undefined) this.#start = unit.position;
    else if (unit.position !== this.#next) {
      throw new EncoderError(
        'timeline',
        `${this.#who}: got frame ${unit.position} where ${this.#next} is next; lost frames must be filled in before encoding`,
      );
    }
    this.#next = unit.position + unit.frames;
  }
}
