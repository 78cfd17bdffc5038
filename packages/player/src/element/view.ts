import type { BitPerfectVerdict } from '../engine/bit-perfect.ts';
import type { PlayerErrorCode } from '../engine/error.ts';
import type { RadioState, RadioStats } from '../engine/types.ts';

/** What the element shows, rounded to what a person can see: it renders again only when one of these changes. */
export interface PlayerView {
  readonly state: RadioState;
  readonly station: string | undefined;
  readonly live: boolean;
  /** Seconds, to one decimal. */
  readonly latency: number | undefined;
  readonly verdict: BitPerfectVerdict;
  readonly nowPlaying: string | undefined;
  readonly error: PlayerErrorCode | undefined;
}

export const STOPPED_VIEW: PlayerView = {
  state: 'stopped',
  station: undefined,
  live: false,
  latency: undefined,
  verdict: 'not-playing',
  nowPlaying: undefined,
  error: undefined,
};

export function viewOf(stats: RadioStats, error: PlayerErrorCode | undefined): PlayerView {
  const { state, station, live, latencySeconds, bitPerfect: verdict, nowPlaying } = stats;
  const parts = [nowPlaying?.artist, nowPlaying?.title].filter((part) => part !== undefined && part !== '');
  return {
    state,
    station,
    live,
    latency: latencySeconds === undefined ? undefined : Math.round(latencySeconds * 10) / 10,
    verdict,
    nowPlaying: parts.length === 0 ? undefined : parts.join(' – '),
    error,
  };
}

export function sameView(a: PlayerView, b: PlayerView): boolean {
  return (Object.keys(a) as (keyof PlayerView)[]).every((key) => a[key] === b[key]);
}
