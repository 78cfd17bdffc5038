import { indexTemplate, type Manifest, type ManifestIndex, utf8Length } from '@bucket-radio/manifest';

/** Most bytes of a manifest: one small request, whatever happened. */
const MAX_MANIFEST_BYTES = 2048;
/** Most runs of missing segments that could fit; more need not be tried. */
const MAX_MISSING_RUNS = 50;

interface HourName {
  readonly hour: string;
  readonly epoch: string;
}

/** Of a window that has an index of its hours. */
export interface IndexOfHours {
  /** From this segment on the lists that are given are complete. */
  readonly completeFrom: number;
  /** The newest hour to name when the manifest leaves out what lies below `below`; `undefined` while there is none. */
  readonly hourFor: (below: number) => HourName | undefined;
}

/**
 * Takes the oldest entries off the lists until the manifest fits. Where there is an index of hours, what is left out is
 * found there. Without one, a segment that is no longer listed as missing must not be promised either: then the window
 * begins after it.
 */
export function fitManifest(manifest: Manifest, hours?: IndexOfHours): Manifest {
  return hours === undefined ? shorten(manifest) : shortenWithIndex(manifest, hours);
}

function isTooLong(manifest: Manifest): boolean {
  return utf8Length(JSON.stringify(manifest)) > MAX_MANIFEST_BYTES;
}

function shorten(manifest: Manifest): Manifest {
  let fitting = manifest;
  while (isTooLong(fitting)) {
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

function shortenWithIndex(manifest: Manifest, { completeFrom, hourFor }: IndexOfHours): Manifest {
  let below = Math.min(manifest.latest + 1, Math.max(manifest.previous?.first ?? manifest.first, completeFrom));
  let fitting = manifest;
  const leaveOut = (end: number, rest: Partial<Manifest>): void => {
    below = Math.max(below, Math.min(end, manifest.latest + 1));
    fitting = { ...fitting, ...rest };
  };
  const missing = [...manifest.missing].sort((a, b) => a.index - b.index);
  const many = missing.slice(0, -MAX_MISSING_RUNS);
  leaveOut(Math.max(0, ...many.map(endOfRun)), { missing: missing.slice(-MAX_MISSING_RUNS) });
  for (;;) {
    const hour = hourFor(below);
    const whole = hour === undefined ? fitting : { ...fitting, index: indexOf(manifest, hour, below) };
    if (!isTooLong(whole)) return whole;
    const [gap] = fitting.gaps;
    const [broken] = fitting.breaks;
    const [run] = fitting.missing;
    if (gap !== undefined && fitting.gaps.length > 1)
      leaveOut(endOfGap(gap, manifest), { gaps: fitting.gaps.slice(1) });
    else if (broken !== undefined && fitting.breaks.length > 2) {
      leaveOut(broken.index + 1, { breaks: fitting.breaks.slice(1) });
    } else if (run !== undefined) leaveOut(endOfRun(run), { missing: fitting.missing.slice(1) });
    else if (gap !== undefined) leaveOut(endOfGap(gap, manifest), { gaps: [] });
    else if (broken !== undefined) leaveOut(broken.index + 1, { breaks: fitting.breaks.slice(1) });
    else return whole;
  }
}

function indexOf({ epoch }: Manifest, { hour, epoch: ofHour }: HourName, below: number): ManifestIndex {
  return { path: indexTemplate(epoch), hour, ...(ofHour === epoch ? {} : { epoch: ofHour }), below };
}

function endOfRun({ index, count = 1 }: Manifest['missing'][number]): number {
  return index + count;
}

/** The segment after the one a gap begins in: gaps are listed where they begin. */
function endOfGap({ frame }: Manifest['gaps'][number], { segmentSeconds, sampleRate }: Manifest): number {
  return Math.floor(frame / (segmentSeconds * sampleRate)) + 1;
}
