import { type Manifest, utf8Length } from '@bucket-radio/manifest';

/** Most bytes of a manifest: one small request, whatever happened. */
const MAX_MANIFEST_BYTES = 2048;

/**
 * Takes the oldest entries off the lists until the manifest fits. A segment that is no longer listed as missing must not
 * be promised either: then the window begins after it.
 */
export function fitManifest(manifest: Manifest): Manifest {
  let fitting = manifest;
  while (utf8Length(JSON.stringify(fitting)) > MAX_MANIFEST_BYTES) {
    const { gaps, breaks, missing } = fitting;
    if (gaps.length > 1) fitting = { ...fitting, gaps: gaps.slice(1) };
    else if (breaks.length > 2) fitting = { ...fitting, breaks: breaks.slice(1) };
    else if (missing.length > 0) fitting = withoutOldestMissing(fitting);
    else if (gaps.length + breaks.length > 0) fitting = { ...fitting, gaps: [], breaks: breaks.slice(1) };
    else return fitting;
  }
  return fitting;
}

function withoutOldestMissing(manifest: Manifest): Manifest {
  const oldest = manifest.missing.reduce((low, run) => (run.index < low.index ? run : low));
  const end = oldest.index + (oldest.count ?? 1);
  const first = Math.min(manifest.latest, Math.max(manifest.first, end));
  const missing = manifest.missing.filter((run) => run.index + (run.count ?? 1) > first);
  const { previous: _, ...rest } = manifest;
  return { ...rest, first, missing: missing.filter((run) => run !== oldest) };
}
