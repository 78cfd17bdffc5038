import type { Manifest, ManifestPrevious } from '@bucket-radio/manifest';

/** UTC label of a segment that only the manifest tells of. */
export function labelOf(manifest: Manifest, old: ManifestPrevious | undefined, index: number): number {
  const from = old ?? manifest;
  const segmentMs = from.segmentSeconds * 1000;
  let utcMs = from.latestStart - (from.latest - index) * segmentMs;
  if (old === undefined) for (const b of manifest.breaks) if (b.index > index) utcMs -= b.lostMs;
  return utcMs;
}
