import type { EngineKind } from '../engine/choose-engine.ts';
import type { LatencyMode } from '../engine/core/live-edge.ts';
import type { PlayerError } from '../engine/error.ts';
import type { AudibleSegment, RadioEngine, RadioState } from '../engine/types.ts';

/** The attributes of `<radio-player>`, by the names they have in HTML. */
export interface RadioPlayerAttributes {
  /** URL of the station's `manifest.json`. */
  readonly src?: string | undefined;
  /** Directory of the media objects, when it is not the manifest's own. */
  readonly base?: string | undefined;
  /** Of a private station: where its gate gives session tokens. */
  readonly 'token-url'?: string | undefined;
  /** URL of `worklet.js`, when it does not lie beside the player. */
  readonly 'worklet-src'?: string | undefined;
  readonly engine?: EngineKind | undefined;
  readonly 'latency-mode'?: LatencyMode | undefined;
  readonly layout?: 'full' | 'mini' | undefined;
  /** URL of a picture for the lock screen. */
  readonly artwork?: string | undefined;
  /** 0 to 1. At 1 samples pass unchanged. */
  readonly volume?: number | undefined;
  readonly muted?: boolean | undefined;
  readonly quality?: RadioEngine['quality'] | undefined;
}

/** What `<radio-player>` dispatches; every event bubbles and is composed. */
export interface RadioPlayerEvents {
  'radio-state': CustomEvent<{ readonly state: RadioState }>;
  'radio-segment': CustomEvent<AudibleSegment>;
  'radio-nowplaying': CustomEvent<{ readonly title?: string; readonly artist?: string; readonly album?: string }>;
  'radio-error': CustomEvent<PlayerError>;
}
