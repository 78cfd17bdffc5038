import { createElementEngine } from './element-engine.ts';
import { createRadioEngine } from './engine.ts';
import { mediaSourceCodecs } from './output/media-source.ts';
import type { RadioEngine, RadioEngineOptions } from './types.ts';

/** `auto`: `element` on phones and where Web Audio is not to be had, else `worklet`. */
export type EngineKind = 'auto' | 'worklet' | 'element';

/** The engine that suits this browser. */
export function createBestEngine(options: RadioEngineOptions, kind: EngineKind = 'auto'): RadioEngine {
  const element = kind === 'element' || (kind === 'auto' && prefersElement());
  return element ? createElementEngine(options) : createRadioEngine(options);
}

function prefersElement(): boolean {
  const hasWorklet = typeof AudioWorkletNode !== 'undefined' && globalThis.isSecureContext;
  return !hasWorklet || (mediaSourceCodecs().length > 0 && isPhone());
}

/** A phone stops Web Audio when its screen is locked. */
function isPhone(): boolean {
  const { userAgentData, userAgent = '' } = navigator as Navigator & { userAgentData?: { mobile?: boolean } };
  return userAgentData?.mobile ?? /Android|iPhone|iPad/.test(userAgent);
}
