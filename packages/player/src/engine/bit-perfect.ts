import type { Manifest } from '@bucket-radio/manifest';
import type { RenditionName } from '@bucket-radio/pcm';

/** Why what is heard is not proven to be the captured samples; `verified` when it is. */
export type BitPerfectVerdict =
  | 'verified'
  | 'not-playing'
  | 'source-converted'
  | 'compressed'
  | 'volume'
  | 'resampled'
  | 'unverified'
  | 'mismatch';

export interface BitPerfectFacts {
  readonly playing: boolean;
  readonly fidelity: Manifest['fidelity'] | undefined;
  readonly rendition: RenditionName | undefined;
  /** Outcome of the MD5 check of the segment being heard; `undefined` before it is known. */
  readonly verified: boolean | undefined;
  /** Effective volume, 0 to 1. */
  readonly volume: number;
  /** Rate of the audio context. */
  readonly contextRate: number;
}

/**
 * Whether the samples that leave the page are the captured ones. The claim ends at the browser's output: what the
 * operating system does to them afterwards, no page can know.
 */
export function judgeBitPerfect(facts: BitPerfectFacts): BitPerfectVerdict {
  if (!facts.playing) return 'not-playing';
  if (facts.fidelity !== 'bit-perfect') return 'source-converted';
  if (facts.rendition !== 'hq') return 'compressed';
  if (facts.verified === false) return 'mismatch';
  if (facts.verified === undefined) return 'unverified';
  if (facts.volume !== 1) return 'volume';
  return facts.contextRate === 48_000 ? 'verified' : 'resampled';
}
