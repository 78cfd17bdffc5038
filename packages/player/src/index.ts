import { RadioPlayer } from './radio-player.ts';

export {
  type AudibleSegment,
  type BitPerfectVerdict,
  createBestEngine,
  createElementEngine,
  createRadioEngine,
  type EngineKind,
  type LatencyMode,
  PlayerError,
  type PlayerErrorCode,
  type PlayerErrorRecovery,
  type PlayerErrorSeverity,
  type Quality,
  type RadioEngine,
  type RadioEngineEvents,
  type RadioEngineOptions,
  type RadioState,
  type RadioStats,
} from './engine/index.ts';
export { RadioPlayer };

// On a server there is nothing to register with; a page may load the player twice.
const registry = globalThis.customElements as CustomElementRegistry | undefined;
if (registry !== undefined && registry.get('radio-player') === undefined) registry.define('radio-player', RadioPlayer);
