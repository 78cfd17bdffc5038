import { ManifestError } from './error.ts';
import { isHourName } from './hour-name.ts';
import { readBreak, readGap, readMissing } from './read-lists.ts';
import { FieldReader } from './reader.ts';
import {
  MANIFEST_VERSION,
  type Manifest,
  type ManifestBreak,
  type ManifestGap,
  type ManifestMissing,
} from './types.ts';

/**
 * `{epoch}/index/{yyyymmddhh}.json`: what a manifest has no room for when the window is hours long. One object per hour
 * and epoch, for the segments whose first frame lies in that hour.
 */
export interface HourIndex {
  readonly version: typeof MANIFEST_VERSION;
  readonly epoch: string;
  /** UTC, `yyyymmddhh`. */
  readonly hour: string;
  readonly segmentSeconds: number;
  /** Oldest and newest segment of this hour. */
  readonly first: number;
  readonly latest: number;
  /** UTC label of the first frame of `first`, in milliseconds. */
  readonly firstStart: number;
  readonly breaks: readonly ManifestBreak[];
  /** Gaps that begin in this hour. */
  readonly gaps: readonly ManifestGap[];
  readonly missing: readonly ManifestMissing[];
  /** The hour before this one that has an index; absent for the oldest. `epoch` when that is another. */
  readonly before?: { readonly hour: string; readonly epoch?: string };
}

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** The path of an hour's index from a manifest's template. @param epoch of the hour; the manifest's or `previous.epoch` */
export function expandIndexPath({ epoch, index }: Manifest, hour: string, ofEpoch: string = epoch): string | undefined {
  return index?.path.replace(epoch, ofEpoch).replace('{hour}', hour);
}

/**
 * Reads an hour's index.
 * @param json parsed JSON, or its text
 * @throws ManifestError `NotJson`, `UnsupportedVersion` or `Invalid`
 */
export function parseHourIndex(json: unknown): HourIndex {
  const fields = new FieldReader(typeof json === 'string' ? parseJson(json) : json, '');
  const version = fields.integer('version', 1);
  if (version !== MANIFEST_VERSION) {
    const message = `version is ${version}; this code reads version ${MANIFEST_VERSION}. Use a newer player`;
    throw new ManifestError('UnsupportedVersion', 'version', message);
  }
  const index: HourIndex = {
    version: MANIFEST_VERSION,
    epoch: fields.matching('epoch', (text) => ULID.test(text), 'a ULID'),
    hour: fields.matching('hour', isHourName, 'yyyymmddhh'),
    segmentSeconds: fields.integer('segmentSeconds', 1, 10),
    first: fields.integer('first'),
    latest: fields.integer('latest'),
    firstStart: fields.number('firstStart'),
    breaks: fields.list('breaks', readBreak),
    gaps: fields.list('gaps', readGap),
    missing: fields.list('missing', readMissing),
    ...fields.optional('before', () => fields.object('before', readBefore)),
  };
  if (index.first > index.latest) throw fields.refuse('first', `at most latest (${index.latest})`);
  return index;
}

function readBefore(fields: FieldReader): { readonly hour: string; readonly epoch?: string } {
  return {
    hour: fields.matching('hour', isHourName, 'yyyymmddhh'),
    ...fields.optional('epoch', () => fields.matching('epoch', (text) => ULID.test(text), 'a ULID')),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ManifestError('NotJson', '', 'the index is not JSON; is the address right?', { cause });
  }
}

/**
 * Reads the hours of a manifest's window, newest first, by following their links.
 * @param read the text at a path relative to the manifest; `undefined` when it is not there
 * @throws ManifestError when an index cannot be read, and whatever `read` throws
 */
export async function readHourIndexes(
  manifest: Manifest,
  read: (path: string) => Promise<string | undefined>,
): Promise<HourIndex[]> {
  const hours: HourIndex[] = [];
  const oldest = manifest.previous?.first ?? manifest.first;
  let path = manifest.index && expandIndexPath(manifest, manifest.index.hour, manifest.index.epoch);
  while (path !== undefined) {
    const text = await read(path);
    if (text === undefined) return hours;
    const hour = parseHourIndex(text);
    // Each begins before the last, so that no chain of links is endless.
    if (hour.first >= (hours.at(-1)?.first ?? Number.POSITIVE_INFINITY)) return hours;
    hours.push(hour);
    if (hour.first <= oldest || hour.before === undefined) return hours;
    path = expandIndexPath(manifest, hour.before.hour, hour.before.epoch ?? hour.epoch);
  }
  return hours;
}

/** The manifest with the lists of the whole window, as if it had room for them. @param hours in any order */
export function withHourIndexes(manifest: Manifest, hours: readonly HourIndex[]): Manifest {
  const { epoch, index } = manifest;
  if (index === undefined || hours.length === 0) return manifest;
  const sorted = [...hours].sort((a, b) => a.first - b.first);
  const own = sorted.filter((hour) => hour.epoch === epoch);
  const { below } = index;
  const belowFrame = below * manifest.segmentSeconds * manifest.sampleRate;
  return {
    ...manifest,
    breaks: [
      ...own.flatMap((hour) => hour.breaks.filter((b) => b.index < below)),
      ...manifest.breaks.filter((b) => b.index >= below),
    ],
    gaps: [
      ...own.flatMap((hour) => hour.gaps.filter((gap) => gap.frame < belowFrame)),
      ...manifest.gaps.filter((gap) => gap.frame >= belowFrame),
    ],
    missing: [
      ...sorted.flatMap((hour) => hour.missing.flatMap((run) => clip(run, 0, below))),
      ...manifest.missing.flatMap((run) => clip(run, below, Number.POSITIVE_INFINITY)),
    ],
  };
}

/** The part of a run that lies in `[from, to)`. */
function clip({ rendition, index, count = 1 }: ManifestMissing, from: number, to: number): ManifestMissing[] {
  const first = Math.max(index, from);
  const length = Math.min(index + count, to) - first;
  return length <= 0 ? [] : [{ rendition, index: first, ...(length > 1 ? { count: length } : {}) }];
}
