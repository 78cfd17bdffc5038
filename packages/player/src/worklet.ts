import { type PositionMessage, PROCESSOR_NAME, type ToWorklet } from './engine/output/protocol.ts';
import { PcmRing } from './engine/output/ring.ts';

/** About ten position reports a second: one per 38 quanta of 128 frames. */
const REPORT_QUANTA = 38;

class RingProcessor extends AudioWorkletProcessor {
  readonly #ring = new PcmRing();
  #quanta = 0;
  #reported = 'idle';

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToWorklet>) => {
      if (data.type === 'chunk') this.#ring.push(data);
      else this.#ring.clear();
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const ring = this.#ring;
    const [left, right] = outputs[0] ?? [];
    if (left === undefined || right === undefined) return true;
    this.#report(++this.#quanta);
    ring.render(left, right);
    return true;
  }

  #report(quanta: number): void {
    const ring = this.#ring;
    const due = ring.state === 'playing' && quanta % REPORT_QUANTA === 0;
    if (!due && ring.state === this.#reported) return;
    this.#reported = ring.state;
    const message: PositionMessage = {
      type: 'position',
      state: ring.state,
      stream: ring.stream,
      frame: ring.frame,
      contextFrame: currentFrame,
      consumedFrames: ring.consumedFrames,
      underruns: ring.underruns,
    };
    this.port.postMessage(message);
  }
}

registerProcessor(PROCESSOR_NAME, RingProcessor);
