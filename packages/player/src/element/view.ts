import type { NowPlaying } from '@bucket-radio/manifest';
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
  readonly nowPlaying: NowPlaying | undefined;
  readonly error: PlayerErrorCode | undefined;
  /** The window and the place in it, in whole seconds. */
  readonly window: number;
  readonly behind: number;
  /** Behind live because the listener wanted it. */
  readonly shifted: boolean;
  /** Another player took over. */
  readonly elsewhere: boolean;
}

export const STOPPED_VIEW: PlayerView = {
  state: 'stopped',
  station: undefined,
  live: false,
  latency: undefined,
  verdict: 'not-playing',
  nowPlaying: undefined,
  error: undefined,
  window: 0,
  behind: 0,
  shifted: false,
  elsewhere: false,
};

export function viewOf(stats: RadioStats, error: PlayerErrorCode | undefined, elsewhere: boolean): PlayerView {
  const { state, station, live, latencySeconds, bitPerfect: verdict, nowPlaying, shifted } = stats;
  return {
    state,
    station,
    live,
    latency: latencySeconds === undefined ? undefined : Math.round(latencySeconds * 10) / 10,
    verdict,
    nowPlaying,
    error,
    window: Math.round(stats.windowSeconds),
    behind: Math.round(stats.behindSeconds ?? 0),
    shifted,
    elsewhere,
  };
}

/** `The Artist – The Title`. */
export function titleLine(nowPlaying: NowPlaying | undefined): string {
  return [nowPlaying?.artist, nowPlaying?.title].filter((part) => part !== undefined && part !== '').join(' – ');
}

export function sameView(a: PlayerView, b: PlayerView): boolean {
  return (Object.keys(a) as (keyof PlayerView)[]).every((key) => a[key] === b[key]);
}
