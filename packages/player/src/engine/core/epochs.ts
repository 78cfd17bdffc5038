import type { Manifest } from '@bucket-radio/manifest';

/**
 * What the manifest says of one epoch: itself, or the epoch before while segments of it are in the window, in the same
 * form. `undefined` when it knows nothing of it.
 */
export function viewOfEpoch(manifest: Manifest, epoch: string): Manifest | undefined {
  if (epoch === manifest.epoch) return manifest;
  const { previous } = manifest;
  if (previous?.epoch !== epoch) return undefined;
  const inPrevious = (path: string): string => path.replace(manifest.epoch, epoch);
  const renditions = manifest.renditions.map((one) => ({
    ...one,
    init: inPrevious(one.init),
    segment: inPrevious(one.segment),
  }));
  // Its indexes are below those of the epoch that follows: what is missing cannot be confused.
  return { ...manifest, ...previous, renditions, breaks: [], gaps: [] };
}

/** The manifest as it will read `count` segments later, when everything goes as it did. */
export function extrapolate(manifest: Manifest, count: number): Manifest {
  if (count <= 0) return manifest;
  const ms = count * manifest.segmentSeconds * 1000;
  return {
    ...manifest,
    first: manifest.first + count,
    latest: manifest.latest + count,
    latestStart: manifest.latestStart + ms,
    nextEta: manifest.nextEta + ms,
  };
}

/** A frame of the station, as a place that is still there after an interruption. */
export interface StationPoint {
  readonly epoch: string;
  readonly frame: number;
  /** Whether it is where a listener at the live edge was a moment ago, not a place that was sought. */
  readonly live?: boolean;
}
