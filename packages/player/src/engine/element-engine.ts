import { createRadioEngine } from './engine.ts';
import { ElementOutput } from './output/element-output.ts';
import type { RadioEngine, RadioEngineOptions } from './types.ts';

/**
 * An engine that plays through `<audio>` and MediaSource, or, where that is missing, through the browser's own HLS. It needs
 * no secure context, and phones keep it playing with the screen locked; samples are not seen, so the bit-perfect verdict is
 * never better than `unverified`.
 */
export function createElementEngine(options: RadioEngineOptions): RadioEngine {
  return createRadioEngine({ ...options, createOutput: () => new ElementOutput() });
}
