// A file of its own, which only browsers load that have nothing else: it imports types only, so that bundlers leave the rest
// whole.
import type { Manifest } from '@bucket-radio/manifest';
import type { RenditionName } from '@bucket-radio/pcm';
import type { BrowserPlayback, BrowserPlaybackOptions, FetchedStation } from './output.ts';

/** How often the element is looked at. */
const LOOK_MS = 100;

/** The manifest is read again with every segment, but not more often than this. */
const MIN_POLL_MS = 2000;

/** Without dates, the place of the sound is learned from so many arrivals of new sound. */
const LEARN_ARRIVALS = 8;

/** Sound that has not moved for this long ran out; for this long or three segments, it does not come back by itself. */
const DRY_MS = 1000;
const STILL_MS = 10_000;

/** Less than this ahead of the ear, in seconds, and nothing is heard. */
const STARVED_SECONDS = 0.02;

/** What Safari has: the date of media time 0, from EXT-X-PROGRAM-DATE-TIME; an invalid date where it is not known. */
type DatedElement = HTMLMediaElement & { getStartDate?(): Date };

/** A playlist that the element was given. */
interface Loaded {
  readonly rendition: RenditionName;
  readonly epoch: string;
  stream: number;
  /** Station frame at media time 0, once it is known, and whether the browser told it. */
  zero: number | undefined;
  dated: boolean;
  /** The next segment to tell of. */
  next: number;
  /** Media time, and when it was seen to move last. */
  time: number;
  movedAt: number;
  heard: boolean;
  /** End of what the browser had when it was looked at last, in media seconds, and how often that grew. */
  end: number;
  arrivals: number;
}

/**
 * The last resort: the browser plays the station's HLS playlists by itself. This chooses the playlist, finds out which frame
 * is heard, and says when it has to be started again. One rendition at a time: not every browser changes codecs
 * within `index.m3u8`, and the listener wants to know which one it is. A change of rendition is heard as a short gap.
 */
export class HlsPlayback implements BrowserPlayback {
  shifted = false;
  readonly #element: () => HTMLMediaElement | undefined;
  readonly #options: BrowserPlaybackOptions;
  #loaded: Loaded | undefined;
  /** Renditions that this browser cannot play. */
  readonly #refused = new Set<RenditionName>();
  /** In `auto`, sound that ran out once stays light until the next start. */
  #ranDry = false;
  #mayResume = true;
  #watching = false;

  constructor(element: () => HTMLMediaElement | undefined, options: BrowserPlaybackOptions) {
    this.#element = element;
    this.#options = options;
  }

  async watch(station: FetchedStation, signal: AbortSignal): Promise<boolean> {
    const element: DatedElement | undefined = this.#element();
    if (element === undefined) return false;
    // Woken up, what is being waited for is asked for again; off the air it will not come.
    const waits = !isSounding(element) && !isHeld(element, this.#loaded);
    if (waits && (this.#watching || !station.onAir)) this.#loaded = undefined;
    if (!station.onAir && this.#loaded === undefined) return false;
    const loaded = this.#keepOrLoad(element, station);
    this.#locate(loaded, element, station.manifest, station.fresh);
    this.#watching = true;
    const answer = await this.#look(loaded, element, station, signal);
    this.#watching = false;
    if (typeof answer === 'boolean') return answer;
    this.#loaded = undefined;
    throw new Error(answer);
  }

  /** Returns a sentence when it has to be started again. */
  async #look(
    loaded: Loaded,
    element: DatedElement,
    { manifest, fresh, onAir, from }: FetchedStation,
    signal: AbortSignal,
  ): Promise<boolean | string> {
    const { clock, quality } = this.#options;
    const until = clock.now() + Math.max(MIN_POLL_MS, manifest.segmentSeconds * 1000);
    for (;;) {
      const stillMs = this.#observe(loaded, element);
      if (element.error !== null) return this.#fault(loaded, element.error, fresh);
      if (onAir && !element.paused && stillMs > Math.max(STILL_MS, manifest.segmentSeconds * 3000))
        return `${loaded.rendition}.m3u8 has brought no sound for ${Math.round(stillMs / 1000)} s`;
      if (onAir && loaded.heard && stillMs > DRY_MS && !element.paused && !isSounding(element))
        this.#ranDry ||= quality.mode === 'auto';
      this.#locate(loaded, element, manifest, false);
      this.#resume(loaded, element, from);
      this.#announce(loaded, element, manifest);
      const arrived = endOf(element.buffered) > loaded.end;
      const learns = arrived && !loaded.dated && loaded.arrivals < LEARN_ARRIVALS;
      const other = mayReload(element, loaded, onAir) && this.#wanted(manifest) !== loaded.rendition;
      if (learns || clock.now() >= until || other) {
        if (arrived) loaded.arrivals++;
        loaded.end = endOf(element.buffered);
        return loaded.heard && stillMs <= DRY_MS;
      }
      await clock.sleep(LOOK_MS, signal);
    }
  }

  /** Goes on with what plays, unless something else should. */
  #keepOrLoad(element: HTMLMediaElement, { manifest, onAir }: FetchedStation): Loaded {
    const loaded = this.#loaded;
    const rendition = this.#wanted(manifest);
    const there = loaded?.zero === undefined || loaded.zero + element.currentTime * 48_000 >= firstFrame(manifest);
    const over = element.ended || !there || loaded?.epoch !== manifest.epoch || loaded.rendition !== rendition;
    if (loaded !== undefined && !(over && mayReload(element, loaded, onAir))) return loaded;
    const stream = this.#options.nextStream();
    const [now, none] = [this.#options.clock.now(), { zero: undefined, dated: false, heard: false }];
    const numbers = { next: 0, time: element.currentTime, movedAt: now, end: 0, arrivals: 0 };
    this.#loaded = { rendition, epoch: manifest.epoch, stream, ...none, ...numbers };
    // What was known of the playlist before does not hold for this one.
    this.#tell(this.#loaded, 0, -1, 0);
    // As the manifest is read: the bucket allows the page anyway, and the page may listen in.
    element.crossOrigin = 'anonymous';
    element.src = new URL(`${rendition}.m3u8`, this.#options.base).href;
    this.#loaded.time = element.currentTime;
    element.play().catch(() => undefined);
    return this.#loaded;
  }

  #wanted(manifest: Manifest): RenditionName {
    const { quality } = this.#options;
    // A segment that is missing is a gap in the playlist, not another playlist.
    const order = quality.candidates({ ...manifest, missing: [] }, manifest.latest);
    const light = this.#ranDry && quality.mode === 'auto' ? order.filter((name) => name === 'lq') : [];
    return [...light, ...order].find((name) => !this.#refused.has(name)) ?? order[0] ?? 'hq';
  }

  /** Milliseconds since the sound moved. */
  #observe(loaded: Loaded, element: HTMLMediaElement): number {
    const now = this.#options.clock.now();
    if (element.currentTime !== loaded.time) {
      loaded.heard = true;
      loaded.time = element.currentTime;
      loaded.movedAt = now;
    }
    return now - loaded.movedAt;
  }

  /** A browser that has a network and nothing to play with takes the other rendition from then on. */
  #fault({ rendition, heard }: Loaded, { code, message }: MediaError, fresh: boolean): string {
    if (code >= MediaError.MEDIA_ERR_DECODE && !heard && fresh) this.#refused.add(rendition);
    if (this.#refused.size > 1) this.#refused.clear();
    return `the browser cannot play ${rendition}.m3u8 (media error ${code}${message === '' ? '' : `: ${message}`})`;
  }

  /**
   * Which frame lies at media time 0: by the browser's own date where it tells it. Else from what it has: it never has more
   * than the manifest names that is read afterwards, and just after new sound has arrived it has that much.
   * @param justRead whether the manifest was read after `loaded.end`
   */
  #locate(loaded: Loaded, element: DatedElement, manifest: Manifest, justRead: boolean): void {
    if (loaded.dated || loaded.epoch !== manifest.epoch) return;
    const startsAt = element.getStartDate?.().getTime() ?? Number.NaN;
    loaded.dated = Number.isFinite(startsAt);
    if (loaded.dated) this.#place(loaded, frameOfUtc(manifest, startsAt));
    else if (justRead && loaded.end > 0) {
      const most = (manifest.latest + 1) * framesOf(manifest) - Math.round(loaded.end * 48_000);
      if (most < (loaded.zero ?? Number.POSITIVE_INFINITY) - framesOf(manifest) / 2) this.#place(loaded, most);
    }
  }

  #place(loaded: Loaded, zero: number): void {
    loaded.zero = zero;
    loaded.next = 0;
    loaded.stream = this.#options.nextStream();
  }

  /** Goes to where the listener was, if the browser still has a way there. */
  #resume(loaded: Loaded, element: HTMLMediaElement, from: FetchedStation['from']): void {
    if (!this.#mayResume || loaded.zero === undefined) return;
    this.#mayResume = false;
    if (from === undefined || from.epoch !== loaded.epoch) return;
    const time = (from.frame - loaded.zero) / 48_000;
    const { seekable } = element;
    if (seekable.length === 0 || time < seekable.start(0) || time > endOf(seekable)) return;
    element.currentTime = time;
    this.shifted = from.live !== true;
  }

  /** Tells of the segments between the ear and the end of what the browser has. */
  #announce(loaded: Loaded, element: HTMLMediaElement, manifest: Manifest): void {
    const { zero } = loaded;
    if (zero === undefined || loaded.epoch !== manifest.epoch) return;
    const frames = framesOf(manifest);
    const indexAt = (seconds: number): number => Math.floor((zero + Math.round(seconds * 48_000)) / frames);
    const end = indexAt(endOf(element.buffered) - STARVED_SECONDS);
    for (let index = Math.max(loaded.next, indexAt(element.currentTime)); index <= end; index++) {
      this.#tell(loaded, index, index * frames, frames);
      loaded.next = index + 1;
    }
  }

  #tell({ epoch, stream, rendition, zero = 0 }: Loaded, index: number, position: number, frames: number): void {
    const codec = rendition === 'hq' ? 'flac' : 'opus';
    this.#options.output.begin({
      ...{ epoch, stream, index, rendition, startFrame: zero },
      head: { position, frames, leadIn: [] },
      config: { codec, sampleRate: 48_000, channels: 2, defaultFrames: 0, defaultBytes: 0 },
      init: new Uint8Array(0),
    });
  }
}

function isSounding(element: HTMLMediaElement): boolean {
  const ahead = endOf(element.buffered) - element.currentTime;
  return !element.paused && ahead > STARVED_SECONDS && element.readyState > 2;
}

/** Paused by somebody else: a call, a key, headphones that were pulled out. Going on is theirs. */
function isHeld(element: HTMLMediaElement, loaded: Loaded | undefined): boolean {
  return loaded?.heard === true && element.paused && !element.ended;
}

/** Off the air, a playlist is over and would be played from its oldest sound. */
function mayReload(element: HTMLMediaElement, loaded: Loaded, onAir: boolean): boolean {
  return onAir && !isHeld(element, loaded);
}

function endOf(ranges: TimeRanges): number {
  return ranges.length === 0 ? 0 : ranges.end(ranges.length - 1);
}

function framesOf({ segmentSeconds, sampleRate }: Manifest): number {
  return segmentSeconds * sampleRate;
}

function firstFrame(manifest: Manifest): number {
  return (manifest.previous?.first ?? manifest.first) * framesOf(manifest);
}

/** The frame that was captured at `utcMs`: counted from `latest`, and where the station was interrupted, less what was lost. */
function frameOfUtc(manifest: Manifest, utcMs: number): number {
  let frame = manifest.latest * framesOf(manifest) - Math.round((manifest.latestStart - utcMs) * 48);
  for (const { frame: at, lostMs } of manifest.breaks.toReversed()) {
    if (at > frame) frame = Math.min(at, frame + Math.round(lostMs * 48));
  }
  return frame;
}
