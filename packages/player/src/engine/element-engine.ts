import { createEngineWith } from './engine.ts';
import { ElementOutput } from './output/element-output.ts';
import type { RadioEngine, RadioEngineOptions } from './types.ts';

/**
 * An engine that plays through `<audio>` and MediaSource. It needs no secure context, and phones keep it playing with the
 * screen locked; samples are not seen, so the bit-perfect verdict is never better than `unverified`.
 */
export function createElementEngine(options: RadioEngineOptions): RadioEngine {
  return createEngineWith(options, () => new ElementOutput());
}
