import {
  expandIndexPath,
  type HourIndex,
  initKey,
  type Manifest,
  parseHourIndex,
  parseMediaPlaylist,
  segmentKey,
  withHourIndexes,
} from '@bucket-radio/manifest';
import { manifestSchema } from '@bucket-radio/manifest/schema';
import type { RenditionName } from '@bucket-radio/pcm';

/** What a bucket holds: key → text of a mutable object, or what identifies the bytes of another. */
export type BucketView = ReadonlyMap<string, string>;

const RENDITIONS: readonly RenditionName[] = ['hq', 'lq'];

/** Reads the station as a listener does, and notes every promise that was broken. */
export class StationListener {
  readonly violations: string[] = [];
  checks = 0;
  manifest: Manifest | undefined;
  readonly #everWritten = new Map<string, string>();
  readonly #toldGaps = new Set<string>();
  #mediaSequence = 0;
  #discontinuitySequence = 0;

  /** A segment or an init segment was written: its key must never have held anything else. */
  written(key: string, identity: string): void {
    const before = this.#everWritten.get(key);
    if (before !== undefined && before !== identity) this.violations.push(`${key} was written twice, differently`);
    this.#everWritten.set(key, identity);
  }

  /** Looks at everything that the bucket promises now. */
  check(bucket: BucketView): void {
    this.checks += 1;
    const text = bucket.get('manifest.json');
    if (text === undefined) return;
    this.#checkManifest(bucket, text);
    for (const rendition of RENDITIONS) this.#checkPlaylist(bucket, rendition);
  }

  #checkManifest(bucket: BucketView, text: string): void {
    const told = manifestSchema.parse(JSON.parse(text));
    const manifest = withHourIndexes(told, this.#hoursOf(bucket, told));
    const before = this.manifest;
    this.manifest = manifest;
    if (before !== undefined && manifest.latest < before.latest)
      this.violations.push(`latest went back from ${before.latest} to ${manifest.latest}`);
    if (Buffer.byteLength(text) > 2048) this.violations.push('the manifest is larger than 2 KiB');
    const { previous } = manifest;
    const missing = missingSets(manifest);
    for (const rendition of RENDITIONS) {
      this.#mustBeThere(bucket, initKey(manifest.epoch, rendition), 'manifest');
      const spans = [{ epoch: manifest.epoch, first: manifest.first, latest: manifest.latest }];
      if (previous !== undefined) spans.push(previous);
      for (const { epoch, first, latest } of spans) {
        for (let index = first; index <= latest; index++) {
          if (!missing[rendition].has(index))
            this.#mustBeThere(bucket, segmentKey(epoch, rendition, index), 'manifest');
        }
      }
    }
  }

  /** The hours that a long window's manifest relies on: all of them must be there. */
  #hoursOf(bucket: BucketView, manifest: Manifest): HourIndex[] {
    const { index, previous, first } = manifest;
    const hours: HourIndex[] = [];
    const oldest = previous?.first ?? first;
    let path = index && expandIndexPath(manifest, index.hour, index.epoch);
    while (path !== undefined) {
      const text = bucket.get(path);
      if (text === undefined) {
        this.violations.push(`the manifest relies on ${path}, which is not there`);
        return hours;
      }
      const hour = parseHourIndex(text);
      hours.push(hour);
      if (hour.first <= oldest || hour.before === undefined) break;
      path = expandIndexPath(manifest, hour.before.hour, hour.before.epoch ?? hour.epoch);
    }
    if (index !== undefined && index.below > oldest && (hours.at(-1)?.first ?? oldest) > oldest)
      this.violations.push(`no index tells of the segments from ${oldest} on`);
    return hours;
  }

  #checkPlaylist(bucket: BucketView, rendition: RenditionName): void {
    const text = bucket.get(`${rendition}.m3u8`);
    if (text === undefined) return;
    const sequence = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1] ?? 0);
    const discontinuity = Number(/#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)/.exec(text)?.[1] ?? 0);
    if (rendition === 'hq') {
      if (sequence < this.#mediaSequence) this.violations.push(`media sequence went back to ${sequence}`);
      if (discontinuity < this.#discontinuitySequence)
        this.violations.push(`discontinuity sequence went back to ${discontinuity}`);
      this.#mediaSequence = sequence;
      this.#discontinuitySequence = discontinuity;
    }
    let next = sequence;
    for (const { index, epoch, gap } of parseMediaPlaylist(text)) {
      if (index !== next) this.violations.push(`${rendition}.m3u8 lists ${index} where ${next} is next`);
      next = index + 1;
      const name = `${rendition} ${index}`;
      if (gap) this.#toldGaps.add(name);
      else if (this.#toldGaps.has(name)) this.violations.push(`${name} was a gap and is none any more`);
      else this.#mustBeThere(bucket, segmentKey(epoch, rendition, index), `${rendition}.m3u8`);
    }
  }

  #mustBeThere(bucket: BucketView, key: string, who: string): void {
    if (!bucket.has(key)) this.violations.push(`${who} names ${key}, which is not there`);
  }
}

function missingSets({ missing }: Manifest): Record<RenditionName, Set<number>> {
  const sets = { hq: new Set<number>(), lq: new Set<number>() };
  for (const { rendition, index, count = 1 } of missing)
    for (let n = index; n < index + count; n++) sets[rendition].add(n);
  return sets;
}
