import { CHANNELS } from '@bucket-radio/pcm';

const SCALE = 1 / 0x80_00_00;
/** ITU-R BS.1770-4, Annex 1, tables 1 and 2: the two filters at 48 kHz. */
const SHELF_B0 = 1.53512485958697;
const SHELF_B1 = -2.69169618940638;
const SHELF_B2 = 1.19839281085285;
const SHELF_A1 = -1.69065929318241;
const SHELF_A2 = 0.73248077421585;
const PASS_A1 = -1.99004745483398;
const PASS_A2 = 0.99007225036621;
/** What is left of a sound long gone: smaller numbers would be computed many times more slowly. */
const NOTHING = 1e-30;

/** The K-weighting of one channel: a high shelf for the head, then a high-pass; its state goes on from call to call. */
export class KWeighting {
  #shelf1 = 0;
  #shelf2 = 0;
  #pass1 = 0;
  #pass2 = 0;

  /** Sum of the squares of frames `[from, to)` after weighting. @param samples interleaved, 2²³ is full scale */
  squares(samples: Int32Array, channel: number, from: number, to: number): number {
    let [shelf1, shelf2, pass1, pass2] = [this.#shelf1, this.#shelf2, this.#pass1, this.#pass2];
    let sum = 0;
    // Both biquads in direct form II: the high-pass has the numerator 1, −2, 1.
    for (let i = from * CHANNELS + channel; i < to * CHANNELS; i += CHANNELS) {
      const shelf = (samples[i] as number) * SCALE - SHELF_A1 * shelf1 - SHELF_A2 * shelf2;
      const shelved = SHELF_B0 * shelf + SHELF_B1 * shelf1 + SHELF_B2 * shelf2;
      shelf2 = shelf1;
      shelf1 = shelf;
      const pass = shelved - PASS_A1 * pass1 - PASS_A2 * pass2;
      const out = pass - 2 * pass1 + pass2;
      pass2 = pass1;
      pass1 = pass;
      sum += out * out;
    }
    this.#shelf1 = settled(shelf1);
    this.#shelf2 = settled(shelf2);
    this.#pass1 = settled(pass1);
    this.#pass2 = settled(pass2);
    return sum;
  }
}

function settled(state: number): number {
  return Math.abs(state) < NOTHING ? 0 : state;
}
