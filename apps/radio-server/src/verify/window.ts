import { expandSegmentTemplate, isMissing, type Manifest, type ManifestRendition } from '@bucket-radio/manifest';
import { framesToMs, type RenditionName, segmentFrames } from '@bucket-radio/pcm';

/** A segment that the manifest names. */
export interface ExpectedSegment {
  readonly epoch: string;
  readonly index: number;
  /** F: frames of a whole segment. */
  readonly frames: number;
  /** Whether it may be shorter: the last one of a source that ended. */
  readonly mayBeShort: boolean;
  /** Whether the manifest says that the timeline was interrupted before it. */
  readonly startsRun: boolean;
  /** Keys of the renditions. */
  readonly keys: Readonly<Partial<Record<RenditionName, string>>>;
  readonly inits: Readonly<Partial<Record<RenditionName, string>>>;
  readonly missing: readonly RenditionName[];
}

/** Every segment of the window, oldest first, those of the epoch before included. */
export function expectedSegments(manifest: Manifest): ExpectedSegment[] {
  const { epoch, first, latest, previous } = manifest;
  const segments: ExpectedSegment[] = [];
  const add = (of: { epoch: string; segmentSeconds: number }, index: number): void => {
    const paths = (path: (rendition: ManifestRendition) => string) =>
      Object.fromEntries(
        manifest.renditions.map((rendition) => [rendition.name, path(rendition).replace(epoch, of.epoch)]),
      );
    segments.push({
      epoch: of.epoch,
      index,
      frames: segmentFrames(of.segmentSeconds),
      mayBeShort: of.epoch === epoch && index === latest && !manifest.live,
      startsRun: manifest.breaks.some((b) => b.index === index) || index === (previous?.latest ?? -2) + 1,
      keys: paths(({ segment }) => expandSegmentTemplate(segment, index)),
      inits: paths(({ init }) => init),
      missing: manifest.renditions.map(({ name }) => name).filter((name) => isMissing(manifest, name, index)),
    });
  };
  if (previous !== undefined) for (let index = previous.first; index <= previous.latest; index++) add(previous, index);
  for (let index = first; index <= latest; index++) add(manifest, index);
  return segments;
}

/** Whether the window still names a segment. */
export function isInWindow(manifest: Manifest, { epoch, index }: Pick<ExpectedSegment, 'epoch' | 'index'>): boolean {
  const range = [manifest, manifest.previous].find((candidate) => candidate?.epoch === epoch);
  return range !== undefined && index >= range.first && index <= range.latest;
}

/** A UTC time, and how far a label may lie from it. */
export interface Label {
  readonly utcMs: number;
  readonly toleranceMs: number;
}

/** Furthest a label may be from the manifest's arithmetic, where both count from the same place. */
const LABEL_TOLERANCE_MS = 10;
/** The manifest counts at 48 kHz sharp, labels at the card's measured rate. */
const CLOCK_PPM = 200;

/** The label of a segment's first frame, as docs/format.md computes it from the manifest ("Manifest", last lines). */
export function labelOf(manifest: Manifest, { epoch, index, frames }: ExpectedSegment): Label | undefined {
  const range = [manifest, manifest.previous].find((candidate) => candidate?.epoch === epoch);
  if (range === undefined) return undefined;
  const frame = index * frames;
  const latestFrame = range.latest * frames;
  const count = (fromFrame: number, fromMs: number): Label => {
    const ms = framesToMs(frame - fromFrame);
    return { utcMs: fromMs + ms, toleranceMs: LABEL_TOLERANCE_MS + (Math.abs(ms) * CLOCK_PPM) / 1e6 };
  };
  const breaks = epoch === manifest.epoch ? manifest.breaks : [];
  const between = breaks.filter((b) => b.frame > frame && b.frame <= latestFrame);
  const [next] = between.toSorted((a, b) => a.frame - b.frame);
  if (next === undefined) return count(latestFrame, range.latestStart);
  const before = breaks.filter((b) => b.frame <= frame).toSorted((a, b) => b.frame - a.frame)[0];
  if (before !== undefined) return count(before.frame, before.utcMs);
  // Before the oldest break that is listed: the time that was lost lies between.
  return count(next.frame, next.utcMs - next.lostMs);
}
