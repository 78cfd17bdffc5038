import {
  type HourIndex,
  hourName,
  indexKey,
  MANIFEST_VERSION,
  type ManifestBreak,
  type ManifestGap,
  missingRuns,
} from '@bucket-radio/manifest';
import { type RenditionName, SAMPLE_RATE } from '@bucket-radio/pcm';
import { RENDITIONS } from './renditions.ts';

/** A segment as the log notes it. */
export interface LoggedSegment {
  readonly index: number;
  readonly epoch: string;
  readonly seconds: number;
  readonly utcMs: number;
}

/** An index object that is to be written before the manifest that relies on it. */
export interface HourObject {
  readonly key: string;
  readonly text: string;
  /** It is in the bucket. */
  readonly written: () => void;
}

export type MissingSets = Readonly<Record<RenditionName, ReadonlySet<number>>>;

interface Hour {
  readonly epoch: string;
  readonly hour: string;
  readonly segmentSeconds: number;
  readonly first: number;
  latest: number;
  readonly firstStart: number;
  breaks: ManifestBreak[];
  gaps: ManifestGap[];
  /** Counts what changed in it, so that a write says what it covers. */
  revision: number;
  writtenRevision: number;
}

/** Most gaps an hour lists, newest kept: a source that fails every three seconds. */
const MAX_GAPS_PER_HOUR = 1200;

/**
 * The hours of a long window: which segments each has, and what happened in it. An hour is closed when a segment of the
 * next one is there.
 */
export class HourLog {
  #hours: Hour[] = [];
  /** Gaps of segments that are not published yet. */
  #early: ManifestGap[] = [];

  /** First segment of the open hour; `undefined` before one has been closed. */
  get openFrom(): number | undefined {
    return this.#hours.length > 1 ? this.#hours.at(-1)?.first : undefined;
  }

  /** Newest segment that is noted; −1 before the first. */
  get latest(): number {
    return this.#hours.at(-1)?.latest ?? -1;
  }

  has(epoch: string, hour: string): boolean {
    return this.#hours.some((known) => known.epoch === epoch && known.hour === hour);
  }

  /** Goes on from what an earlier run wrote. @param hours in any order */
  restore(hours: readonly HourIndex[]): void {
    this.#hours = hours
      .map(({ epoch, hour, segmentSeconds, first, latest, firstStart, breaks, gaps }) => ({
        ...{ epoch, hour, segmentSeconds, first, latest, firstStart },
        breaks: [...breaks],
        gaps: [...gaps],
        revision: 0,
        writtenRevision: 0,
      }))
      .sort((a, b) => a.first - b.first);
  }

  /** The next segment is in the window. */
  add({ index, epoch, seconds, utcMs }: LoggedSegment): void {
    const last = this.#hours.at(-1);
    const hour = hourName(utcMs);
    // A label may go back when a restart reads another clock: hours follow one another all the same.
    if (last === undefined || last.epoch !== epoch || hour > last.hour) {
      const began = { epoch, hour, segmentSeconds: seconds, first: index, latest: index, firstStart: utcMs };
      this.#hours.push({ ...began, breaks: [], gaps: [], revision: 1, writtenRevision: 0 });
      if (last !== undefined) last.revision += 1;
    } else {
      last.latest = index;
    }
    this.#takeEarlyGaps(index, seconds);
  }

  addBreak(added: ManifestBreak): void {
    const hour = this.#hourOf(added.index);
    if (hour === undefined) return;
    hour.breaks.push(added);
    hour.revision += 1;
  }

  addGap(gap: ManifestGap): void {
    this.#early.push(gap);
    this.#early = this.#early.slice(-MAX_GAPS_PER_HOUR);
  }

  #takeEarlyGaps(index: number, seconds: number): void {
    const endFrame = (index + 1) * seconds * SAMPLE_RATE;
    const due = this.#early.filter(({ frame }) => frame < endFrame);
    const hour = this.#hours.at(-1);
    if (due.length === 0 || hour === undefined) return;
    this.#early = this.#early.filter(({ frame }) => frame >= endFrame);
    hour.gaps = [...hour.gaps, ...due].slice(-MAX_GAPS_PER_HOUR);
    hour.revision += 1;
  }

  /** A segment began or ceased to be missing. */
  changed(index: number): void {
    const hour = this.#hourOf(index);
    if (hour !== undefined) hour.revision += 1;
  }

  /** The newest hour that begins below `below`, or is closed: a manifest names it. */
  newestBelow(below: number): { readonly hour: string; readonly epoch: string } | undefined {
    const hours = this.#hours;
    return hours.findLast((hour, at) => hour.first < below || at < hours.length - 1);
  }

  /** What must be in the bucket before a manifest leaves out what lies below `below`. */
  objects(below: number, missing: MissingSets): HourObject[] {
    const last = this.#hours.length - 1;
    return this.#hours.flatMap((hour, at) => {
      const needed = at < last || hour.first < below;
      return needed && hour.revision !== hour.writtenRevision ? [this.#object(hour, at, missing)] : [];
    });
  }

  #object(hour: Hour, at: number, missing: MissingSets): HourObject {
    const { epoch, hour: name, segmentSeconds, first, latest, firstStart, breaks, gaps, revision } = hour;
    const before = this.#hours[at - 1];
    const index: HourIndex = {
      version: MANIFEST_VERSION,
      ...{ epoch, hour: name, segmentSeconds, first, latest, firstStart, breaks, gaps },
      missing: RENDITIONS.flatMap((rendition) => missingRuns(rendition, within(missing[rendition], first, latest))),
      ...(before === undefined
        ? {}
        : { before: { hour: before.hour, ...(before.epoch === epoch ? {} : { epoch: before.epoch }) } }),
    };
    const written = (): void => {
      hour.writtenRevision = revision;
    };
    return { key: indexKey(epoch, name), text: JSON.stringify(index), written };
  }

  /** Keys of the hours that lie wholly below `index`. */
  expired(index: number): string[] {
    return this.#hours.filter(({ latest }) => latest < index).map(({ epoch, hour }) => indexKey(epoch, hour));
  }

  /** They are gone from the bucket. */
  forgetBelow(index: number): void {
    this.#hours = this.#hours.filter(({ latest }) => latest >= index);
  }

  #hourOf(index: number): Hour | undefined {
    return this.#hours.findLast(({ first }) => first <= index);
  }
}

function within(indices: ReadonlySet<number>, first: number, latest: number): number[] {
  return [...indices].filter((index) => index >= first && index <= latest).sort((a, b) => a - b);
}
