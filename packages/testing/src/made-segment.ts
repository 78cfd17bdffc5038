import type { EncodedSegment, RenditionName } from '@bucket-radio/pcm';

/** When the stations of the tests begin. */
export const T0: number = Date.UTC(2026, 10, 20, 20);

interface MadeSegmentOptions {
  readonly seconds: number;
  readonly bytes: number;
  /** Milliseconds UTC of segment 0. Default {@link T0}. */
  readonly startMs?: number;
}

/** A segment of a station without gaps; its bytes tell rendition and index, and nothing decodes them. */
export function madeSegment(rendition: RenditionName, index: number, options: MadeSegmentOptions): EncodedSegment {
  const { seconds, bytes, startMs = T0 } = options;
  return {
    rendition,
    index,
    position: index * seconds * 48_000,
    frames: seconds * 48_000,
    utcMs: startMs + index * seconds * 1000,
    data: new Uint8Array(bytes).fill(index + (rendition === 'hq' ? 1 : 0)),
    init: Uint8Array.of(rendition === 'hq' ? 1 : 2),
  };
}
