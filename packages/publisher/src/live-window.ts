import {
  type HourIndex,
  MANIFEST_VERSION,
  type Manifest,
  type ManifestBreak,
  type ManifestGap,
  type ManifestPrevious,
  missingRuns,
  type NowPlaying,
  PLAYLIST_MAX_SEGMENTS,
  type PlaylistDateRange,
  type PlaylistSegment,
  windowFirst,
  withHourIndexes,
} from '@bucket-radio/manifest';
import { type Fidelity, framesToMs, type PcmGap, type RenditionName, SAMPLE_RATE } from '@bucket-radio/pcm';
import { fitManifest } from './fit-manifest.ts';
import { HourLog, type HourObject } from './hour-log.ts';
import { labelOf } from './label.ts';
import { manifestRenditions, RENDITIONS } from './renditions.ts';
import { Titles } from './titles.ts';
import { type ToldPlaylists, toldSegments } from './told.ts';

export interface LiveWindowOptions {
  readonly station: string;
  readonly epoch: string;
  readonly segmentSeconds: number;
  readonly windowSegments: number;
  readonly fidelity: Fidelity;
  readonly writer: string;
  /** First index of the epoch. */
  readonly epochFirstIndex: number;
  /** First indices of runs: a break lies before each, unless it begins the epoch. */
  readonly starts: readonly number[];
}

/** A segment that listeners may read from now on. */
export interface ReadableSegment {
  readonly index: number;
  readonly utcMs: number;
  /** Bytes of the renditions that are in the bucket. */
  readonly bytes: Readonly<Partial<Record<RenditionName, number>>>;
  /** Oldest index that waits to be backfilled: a window that was empty begins there. */
  readonly oldestWaiting: number;
  /** UTC at which its objects were readable, in milliseconds. */
  readonly readableAtMs: number;
}

interface Entry extends PlaylistSegment {
  readonly gaps: RenditionName[];
}

/** A longer window has an index of its hours. */
const MAX_WINDOW_WITHOUT_INDEX_SECONDS = 3600;
/** Most recent gaps and breaks the manifest carries. */
const MAX_GAPS = 8;
const MAX_BREAKS = 8;
/** Segments whose publishing time predicts the next one's, and whose size tells the bit rate. */
const SAMPLES = 5;
/** Added to the slowest recent publishing time: asking for a segment too early costs more than asking late. */
const ETA_MARGIN_MS = 50;

/**
 * What listeners may read, as a manifest and as playlists: the newest `windowSegments` segments. Indices run on across
 * epochs, so the window is one run of numbers whatever happened to the station.
 */
export class LiveWindow {
  readonly #options: LiveWindowOptions;
  /** The newest segments, contiguous: at most what a playlist lists. */
  #entries: Entry[] = [];
  /** Oldest index that was ever readable, as far as is known. */
  #firstEver: number | undefined;
  #previous: ManifestPrevious | undefined;
  #missing: Record<RenditionName, Set<number>> = { hq: new Set(), lq: new Set() };
  #breaks: ManifestBreak[] = [];
  #gaps: ManifestGap[] = [];
  #discontinuities = 0;
  readonly #titles: Titles;
  #lagsMs: number[] = [];
  #bitrates: Record<RenditionName, number[]> = { hq: [], lq: [] };
  readonly #hours: HourLog | undefined;
  /** From this index on no gap and no break has been let go of. */
  #completeFrom = 0;

  constructor(options: LiveWindowOptions) {
    this.#options = options;
    this.#titles = new Titles(options.epoch);
    const isLong = options.windowSegments * options.segmentSeconds > MAX_WINDOW_WITHOUT_INDEX_SECONDS;
    this.#hours = isLong ? new HourLog() : undefined;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Newest index; −1 before the first. */
  get latest(): number {
    return this.#entries.at(-1)?.index ?? -1;
  }

  /** Oldest and newest index, those of an earlier epoch included, once a segment is in. */
  get range(): { readonly first: number; readonly latest: number } | undefined {
    const latest = this.#entries.at(-1)?.index;
    if (latest === undefined || this.#firstEver === undefined) return undefined;
    return { first: windowFirst(latest, this.#options.windowSegments, this.#firstEver), latest };
  }

  /** The window's newest part, oldest first, contiguous. */
  get segments(): readonly PlaylistSegment[] {
    const first = this.range?.first ?? 0;
    return this.#entries.filter(({ index }) => index >= first);
  }

  get dateRanges(): readonly PlaylistDateRange[] {
    return this.#titles.ranges;
  }

  get nowPlaying(): NowPlaying | undefined {
    return this.#titles.current;
  }

  get discontinuities(): number {
    return this.#discontinuities;
  }

  /** Index objects that must be in the bucket before `manifest` is: it leaves out what they say. */
  hourObjects({ index }: Manifest): HourObject[] {
    return index === undefined ? [] : (this.#hours?.objects(index.below, this.#missing) ?? []);
  }

  /** Whether an index object of this name is in use. */
  hasHour(epoch: string, hour: string): boolean {
    return this.#hours?.has(epoch, hour) ?? false;
  }

  /** Keys of index objects of hours that lie wholly below `index`. */
  expiredHours(index: number): string[] {
    return this.#hours?.expired(index) ?? [];
  }

  forgetHoursBelow(index: number): void {
    this.#hours?.forgetBelow(index);
  }

  /** The epoch an index belongs to. */
  epochOf(index: number): string {
    const previous = this.#previous;
    return previous !== undefined && index <= previous.latest ? previous.epoch : this.#options.epoch;
  }

  isMissing(index: number, rendition: RenditionName): boolean {
    return this.#missing[rendition].has(index);
  }

  /** Continues what an earlier run published: its manifest, and its playlists and hours for what a manifest does not carry. */
  adopt(found: Manifest, playlists: ToldPlaylists, hours: readonly HourIndex[] = []): void {
    const manifest = withHourIndexes(found, hours);
    const { epoch, epochFirstIndex } = this.#options;
    const continued = manifest.epoch === epoch;
    if (!continued && manifest.latest !== epochFirstIndex - 1) return;
    this.#previous = continued
      ? manifest.previous
      : {
          epoch: manifest.epoch,
          segmentSeconds: manifest.segmentSeconds,
          first: manifest.first,
          latest: manifest.latest,
          latestStart: manifest.latestStart,
        };
    this.#firstEver = this.#previous?.first ?? manifest.first;
    for (const { rendition, index, count = 1 } of manifest.missing)
      for (let n = index; n < index + count; n++) this.#missing[rendition].add(n);
    if (continued) {
      this.#breaks = [...manifest.breaks];
      this.#gaps = [...manifest.gaps];
      this.#cap();
    }
    this.#discontinuities = manifest.discontinuities ?? 0;
    for (const { name, bitrate } of manifest.renditions) this.#bitrates[name].push(bitrate);
    this.#adoptEntries(manifest, playlists);
    this.#adoptHours(manifest, hours);
    this.#forget();
  }

  #adoptHours(manifest: Manifest, hours: readonly HourIndex[]): void {
    const log = this.#hours;
    if (log === undefined) return;
    log.restore(hours);
    const noted = new Set(hours.flatMap((hour) => hour.gaps.map(({ frame }) => frame)));
    for (const gap of this.#gaps) if (!noted.has(gap.frame)) log.addGap(gap);
    const labels = new Map(this.#entries.map(({ index, utcMs }) => [index, utcMs]));
    for (let index = Math.max(this.#firstEver ?? 0, log.latest + 1); index <= manifest.latest; index++) {
      const old = this.#previous !== undefined && index <= this.#previous.latest ? this.#previous : undefined;
      const seconds = old?.segmentSeconds ?? this.#options.segmentSeconds;
      const utcMs = labels.get(index) ?? labelOf(manifest, old, index);
      log.add({ index, epoch: this.epochOf(index), seconds, utcMs });
      const broken = old === undefined ? this.#breaks.find((b) => b.index === index) : undefined;
      if (broken !== undefined) log.addBreak(broken);
    }
  }

  #adoptEntries(manifest: Manifest, playlists: ToldPlaylists): void {
    const told = toldSegments(playlists);
    const oldest = Math.max(this.#firstEver ?? 0, manifest.latest - PLAYLIST_MAX_SEGMENTS + 1);
    for (let index = oldest; index <= manifest.latest; index++) {
      const known = told.get(index);
      const gaps = RENDITIONS.filter((name) => known?.gaps.includes(name) || this.#missing[name].has(index));
      const old = this.#previous !== undefined && index <= this.#previous.latest ? this.#previous : undefined;
      this.#entries.push({
        index,
        epoch: this.epochOf(index),
        seconds: old?.segmentSeconds ?? this.#options.segmentSeconds,
        utcMs: known?.segment.utcMs ?? labelOf(manifest, old, index),
        discontinuity: known?.segment.discontinuity ?? manifest.breaks.some((b) => b.index === index),
        gaps,
      });
    }
  }

  /** Takes in the next newest segment; those between it and the last are missing for now. */
  add({ index, utcMs, bytes, oldestWaiting, readableAtMs }: ReadableSegment): void {
    const { segmentSeconds, epochFirstIndex } = this.#options;
    this.#firstEver ??= Math.max(epochFirstIndex, Math.min(index, oldestWaiting));
    this.#fillHole(index, utcMs);
    this.#push(index, utcMs);
    for (const rendition of RENDITIONS) {
      const size = bytes[rendition];
      if (size === undefined) this.#setMissing(index, rendition);
      else this.#bitrates[rendition] = [...this.#bitrates[rendition], (size * 8) / segmentSeconds].slice(-SAMPLES);
    }
    const lagMs = Math.max(0, readableAtMs - utcMs - segmentSeconds * 1000);
    this.#lagsMs = [...this.#lagsMs, lagMs].slice(-SAMPLES);
    this.#placeTitle();
    this.#forget();
  }

  /** A segment that was missing is readable after all. Playlists keep saying that it is a gap. */
  backfilled(index: number, rendition: RenditionName): void {
    this.#missing[rendition].delete(index);
    this.#hours?.changed(index);
  }

  addGap({ position, frames, reason }: PcmGap): void {
    const gap = { frame: position, frames, reason };
    this.#gaps.push(gap);
    this.#hours?.addGap(gap);
    this.#cap();
  }

  /** Lets go of all but the newest gaps and breaks; the hours have them all. */
  #cap(): void {
    const segment = this.#options.segmentSeconds * SAMPLE_RATE;
    const gaps = this.#gaps.slice(0, -MAX_GAPS).map(({ frame }) => Math.floor(frame / segment) + 1);
    const breaks = this.#breaks.slice(0, -MAX_BREAKS).map(({ index }) => index + 1);
    this.#completeFrom = Math.max(this.#completeFrom, ...gaps, ...breaks);
    this.#gaps = this.#gaps.slice(-MAX_GAPS);
    this.#breaks = this.#breaks.slice(-MAX_BREAKS);
  }

  /** What is heard from `nowPlaying.frame` on. */
  setNowPlaying(nowPlaying: NowPlaying): void {
    this.#titles.set(nowPlaying);
    this.#placeTitle();
  }

  /**
   * What was heard when the run before ended is still heard, under the frame it began at. Call it after `adopt`.
   * Frames that run captured and never published are numbered again: such a title begins with this run.
   */
  adoptNowPlaying({ frame, ...texts }: NowPlaying, dateRanges: readonly PlaylistDateRange[]): void {
    this.#titles.adopt({ frame: Math.min(frame, this.#runFirstFrame), ...texts }, dateRanges);
    this.#placeTitle();
  }

  get #runFirstFrame(): number {
    const { starts, epochFirstIndex, segmentSeconds } = this.#options;
    return (starts.at(-1) ?? epochFirstIndex) * segmentSeconds * SAMPLE_RATE;
  }

  #placeTitle(): void {
    this.#titles.place((frame) => this.#utcOfFrame(frame));
  }

  /** @returns `undefined` before the first segment */
  manifest(live: boolean, nowMs: number): Manifest | undefined {
    const latest = this.#entries.at(-1);
    const range = this.range;
    if (latest === undefined || range === undefined) return undefined;
    const { station, epoch, segmentSeconds, fidelity, writer, epochFirstIndex } = this.#options;
    if (latest.index < epochFirstIndex) return undefined;
    const previous = this.#previousInWindow(range.first);
    const unfitted: Manifest = {
      version: MANIFEST_VERSION,
      station,
      live,
      epoch,
      segmentSeconds,
      sampleRate: SAMPLE_RATE,
      first: Math.max(range.first, epochFirstIndex),
      latest: latest.index,
      latestStart: latest.utcMs,
      nextEta: Math.round(latest.utcMs + 2 * segmentSeconds * 1000 + this.#expectedLagMs()),
      updatedAt: Math.round(nowMs),
      fidelity,
      renditions: manifestRenditions(epoch, this.#bitrates),
      breaks: this.#breaks,
      gaps: this.#gaps,
      missing: RENDITIONS.flatMap((name) => missingRuns(name, ascending(this.#missing[name]))),
      ...(this.nowPlaying === undefined ? {} : { nowPlaying: this.nowPlaying }),
      ...(previous === undefined ? {} : { previous }),
      ...(this.#discontinuities === 0 ? {} : { discontinuities: this.#discontinuities }),
      writer,
    };
    const hours = this.#hours;
    if (hours === undefined) return fitManifest(unfitted);
    return fitManifest(unfitted, { completeFrom: this.#completeFrom, hourFor: (below) => hours.newestBelow(below) });
  }

  #previousInWindow(first: number): ManifestPrevious | undefined {
    const previous = this.#previous;
    if (previous === undefined || first > previous.latest) return undefined;
    return { ...previous, first: Math.max(previous.first, first) };
  }

  /** Indices between the last segment and this one are in the window, and in no rendition yet. */
  #fillHole(index: number, utcMs: number): void {
    const last = this.#entries.at(-1);
    const { starts, segmentSeconds, windowSegments } = this.#options;
    const segmentMs = segmentSeconds * 1000;
    const from = last === undefined ? (this.#firstEver ?? index) : last.index + 1;
    for (let n = Math.max(from, index - windowSegments); n < index; n++) {
      // What an earlier run lost follows that run's labels, what this one lost precedes the new segment's.
      const before = last !== undefined && starts.some((start) => start > n && start <= index);
      const label = before ? last.utcMs + (n - last.index) * segmentMs : utcMs - (index - n) * segmentMs;
      this.#push(n, label);
      for (const rendition of RENDITIONS) this.#setMissing(n, rendition);
    }
  }

  #push(index: number, utcMs: number): void {
    const { epoch, segmentSeconds, starts } = this.#options;
    const last = this.#entries.at(-1);
    this.#hours?.add({ index, epoch, seconds: segmentSeconds, utcMs });
    const discontinuity =
      last !== undefined && (last.epoch !== epoch || starts.some((start) => start > last.index && start <= index));
    if (discontinuity) {
      this.#discontinuities += 1;
      if (last.epoch === epoch) this.#addBreak(index, utcMs, last);
    }
    this.#entries.push({ index, epoch, seconds: segmentSeconds, utcMs, discontinuity, gaps: [] });
  }

  #addBreak(index: number, utcMs: number, last: Entry): void {
    const frame = index * this.#options.segmentSeconds * SAMPLE_RATE;
    const lostMs = Math.max(0, Math.round((utcMs - last.utcMs - last.seconds * 1000) * 1000) / 1000);
    const added = { index, frame, utcMs, lostMs, reason: 'restart' };
    this.#breaks.push(added);
    this.#hours?.addBreak(added);
    this.#cap();
  }

  #setMissing(index: number, rendition: RenditionName): void {
    this.#missing[rendition].add(index);
    this.#hours?.changed(index);
    // From the end: after a long outage there are thousands.
    this.#entries.findLast((entry) => entry.index === index)?.gaps.push(rendition);
  }

  /** Lets go of what lies before the window. */
  #forget(): void {
    const first = this.range?.first ?? 0;
    const firstFrame = first * this.#options.segmentSeconds * SAMPLE_RATE;
    this.#entries = this.#entries.filter(({ index }) => index >= first).slice(-PLAYLIST_MAX_SEGMENTS);
    for (const rendition of RENDITIONS)
      for (const index of this.#missing[rendition]) if (index < first) this.#missing[rendition].delete(index);
    this.#gaps = this.#gaps.filter(({ frame, frames }) => frame + frames > firstFrame);
    this.#breaks = this.#breaks.filter(({ index }) => index > first);
    if (this.#previous !== undefined && first > this.#previous.latest) this.#previous = undefined;
    this.#titles.forgetBefore(this.#entries[0]?.utcMs ?? 0);
  }

  /** `undefined` while nothing of the run that captured it is known: the time between two runs is no number of frames. */
  #utcOfFrame(frame: number): number | undefined {
    const latest = this.#entries.at(-1);
    const segment = this.#options.segmentSeconds * SAMPLE_RATE;
    if (latest === undefined || latest.epoch !== this.#options.epoch) return undefined;
    if (frame >= this.#runFirstFrame && latest.index * segment < this.#runFirstFrame) return undefined;
    return latest.utcMs + framesToMs(frame - latest.index * segment);
  }

  #expectedLagMs(): number {
    return Math.min(Math.max(0, ...this.#lagsMs), this.#options.segmentSeconds * 1000) + ETA_MARGIN_MS;
  }
}

function ascending(indices: Set<number>): number[] {
  return [...indices].sort((a, b) => a - b);
}
