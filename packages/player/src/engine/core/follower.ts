import type { Manifest, ManifestRendition } from '@bucket-radio/manifest';
import { type PlayerError, toPlayerError } from '../error.ts';
import type { BrowserFetch, BrowserPlayback } from '../output/output.ts';
import { backoffMs } from './backoff.ts';
import { type Clock, following } from './clock.ts';
import { Delivery, type SegmentOutput } from './delivery.ts';
import { extrapolate, type StationPoint, viewOfEpoch } from './epochs.ts';
import { FloatBand } from './float-band.ts';
import type { FetchLike } from './http.ts';
import { bandMs, framesPerSegment, holdMs, isOnAir, joinFrame, type LatencyMode, safetyMs } from './live-edge.ts';
import { ManifestSource } from './manifest-source.ts';
import { pollDelayMs, SPREAD_MS } from './poll-schedule.ts';
import { Prediction } from './prediction.ts';
import type { QualityPolicy } from './quality.ts';
import { type SegmentReply, SegmentSource } from './segment-source.ts';
import type { ServerClock } from './server-clock.ts';

/** An object that is missing or damaged in every rendition is given up after this many rounds, if newer ones exist. */
const MAX_OBJECT_ROUNDS = 3;

/** More sound than this waits only when the output stands still; then nothing more is fetched. */
const MAX_BUFFERED_MS = 45_000;
const ROOM_POLL_MS = 500;

/** Paths that expire are renewed this long before. */
const EXPIRY_MARGIN_MS = 60_000;
const EXPIRY_RETRY_MS = 5_000;

export interface FollowerOptions {
  readonly fetch: FetchLike;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly src: string;
  /** Where the gate of a private bucket gives session tokens. */
  readonly tokenUrl?: string | undefined;
  /** Directory of the media objects. */
  readonly base: string;
  readonly revalidate: 'header' | 'browser';
  readonly quality: QualityPolicy;
  readonly output: SegmentOutput;
  /** Whether there is a decoder. */
  readonly supports: (codec: ManifestRendition['codec']) => boolean;
  /** Makes the browser fetch instead. */
  readonly browserFetch?: BrowserFetch | undefined;
  /** How close to the live edge to play. */
  readonly mode: () => LatencyMode;
  /** A number for a new stream, never given before. */
  readonly nextStream: () => number;
  /** A manifest that is newer than the last one. */
  readonly onManifest: (manifest: Manifest) => void;
  /** The manifest was asked for, with whatever outcome: time has passed. */
  readonly onPolled: () => void;
  /** Something failed; following goes on unless the error is fatal. */
  readonly onError: (error: PlayerError) => void;
  /** The first success after an error. */
  readonly onRecovered: () => void;
}

interface Cursor {
  readonly epoch: string;
  readonly stream: number;
  /** The segment wanted next. */
  readonly next: number;
  readonly startFrame: number;
  /** Behind the live edge because the listener wanted it. */
  readonly shifted: boolean;
}

/**
 * Follows a station: which segment comes next, when to ask for it, and what to do when it does not come. In the steady
 * state it asks for every segment the moment that it should be readable, and for the manifest now and then. Knows nothing
 * of audio. Never gives up on a transient fault.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #manifests: ManifestSource;
  readonly #segments: SegmentSource;
  readonly #prediction: Prediction;
  readonly #band = new FloatBand();
  readonly #retired = new Set<string>();
  /** The newest manifest that was read, and the same with the segments that were found by prediction since. */
  #polled: Manifest | undefined;
  #manifest: Manifest | undefined;
  /** Adds what the manifest of a long window has no room for, once that is known. */
  #complete = (manifest: Manifest): Manifest => manifest;
  #cursor: Cursor | undefined;
  #browser: BrowserPlayback | undefined;
  /** Manifest polls in a row that failed, and that came too early. */
  #failures = 0;
  #overdue = 0;
  /** Rounds of failed requests for the segment wanted next. */
  #rounds = 0;
  /** Answers for that segment that a cache must not repeat. */
  #misses = 0;
  #troubled = false;
  #renewPathsAt = 0;
  /** Ends what is being waited for when the network is back. */
  #waker = new AbortController();

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#manifests = new ManifestSource({ ...options, url: options.src });
    this.#segments = new SegmentSource(options, options.base);
    this.#prediction = new Prediction(options.clock, this.#manifests.clock);
  }

  /** The newest manifest, as it should read now. */
  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  /** Whether new segments are to be expected; while the manifest cannot be reached, what it said last. */
  get onAir(): boolean {
    const manifest = this.#manifest;
    if (manifest === undefined) return false;
    return this.#failures > 0 ? manifest.live : isOnAir(manifest, this.serverClock);
  }

  get serverClock(): ServerClock {
    return this.#manifests.clock;
  }

  /** Whether the listener is behind the live edge on purpose. */
  get shifted(): boolean {
    return (this.#browser ?? this.#cursor)?.shifted ?? false;
  }

  /** The network may be back, or the machine was asleep: ask at once, whatever is being waited for. */
  wake(): void {
    this.#waker.abort();
    this.#waker = new AbortController();
  }

  /**
   * Delivers segments in playing order, each as it becomes readable, until `signal` is aborted (then it throws the reason).
   * @param ready resolves when the output takes sound; the manifest is read meanwhile
   * @param from where to start, while that is in the window; else, and without it, at the live edge
   */
  async run(signal: AbortSignal, ready: Promise<void>, from?: StationPoint): Promise<never> {
    this.#cursor = undefined;
    this.#browser = undefined;
    this.#forgive();
    await Promise.all([ready, this.#poll(signal)]);
    // A sound device that took long: the live edge has moved on.
    if (this.#manifest !== undefined && (this.#prediction.bestUntilMs(this.#manifest) ?? 0) < 0)
      await this.#poll(signal);
    this.#cursor = from === undefined ? undefined : this.#shift(from);
    this.#learnHours(signal).catch(() => undefined);
    const { browserFetch } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      const { signal: waking } = this.#waker;
      // What the browser fetches by itself is not ours to limit, and goes on being looked after.
      if (browserFetch === undefined) await this.#room(signal);
      const over = new AbortController();
      try {
        const { signal: either } = following(over.signal, signal, waking);
        await (browserFetch === undefined ? this.#step(either) : this.#watch(browserFetch, from, either));
      } catch (error) {
        signal.throwIfAborted();
        if (!waking.aborted) throw error;
        this.#failures = 0;
        this.#forgive();
        await this.#poll(signal);
      } finally {
        over.abort();
      }
    }
  }

  /** Reads what the manifest of a long window has no room for, while sound starts already. */
  async #learnHours(signal: AbortSignal): Promise<void> {
    const { next = Number.POSITIVE_INFINITY } = this.#cursor ?? {};
    const manifest = this.#manifest;
    if (manifest?.index === undefined || next >= manifest.index.below) return;
    const { readHours } = await import('./hours.ts');
    this.#complete = await readHours(this.#options, manifest, next, signal);
    if (this.#manifest !== undefined) this.#manifest = this.#complete(this.#manifest);
  }

  async #room(signal: AbortSignal): Promise<void> {
    const { clock, output } = this.#options;
    while (output.bufferedMs() > MAX_BUFFERED_MS) await clock.sleep(ROOM_POLL_MS, signal);
  }

  async #step(signal: AbortSignal): Promise<void> {
    const manifest = this.#manifest;
    const cursor = manifest === undefined ? undefined : this.#seek(manifest);
    const view = cursor && this.#view(cursor.epoch);
    if (manifest === undefined || cursor === undefined || view === undefined) return this.#pollLater(signal);
    if (this.#pathsExpire(manifest)) return this.#renewPaths(signal);
    if (cursor.next <= view.latest) return this.#fetch(view, cursor, signal);
    if (view !== manifest || this.#failures > 0) return this.#pollLater(signal);
    const untilMs = this.#prediction.untilMs(manifest, cursor.next);
    if (untilMs === undefined) return this.#pollLater(signal);
    const { clock, random } = this.#options;
    await clock.sleep(untilMs + SPREAD_MS * random(), signal);
    await this.#fetchPredicted(manifest, cursor, signal);
  }

  /** The browser fetches by itself: what is left is the manifest, and to start again what came to an end. */
  async #watch(browserFetch: BrowserFetch, from: StationPoint | undefined, signal: AbortSignal): Promise<void> {
    const manifest = this.#manifest;
    if (manifest === undefined) return this.#pollLater(signal);
    const station = { manifest, onAir: this.onAir, fresh: this.#failures === 0, from: this.#cursor && from };
    try {
      this.#browser ??= await browserFetch(this.#options);
      if (await this.#browser.watch(station, signal)) this.#forgive();
    } catch (error) {
      signal.throwIfAborted();
      this.#report(toPlayerError(error, 'SegmentUnreachable'));
      await this.#options.clock.sleep(backoffMs(++this.#rounds, this.#options.random), signal);
    }
    await (this.#failures > 0 || !this.onAir ? this.#pollLater(signal) : this.#poll(signal));
  }

  /** Whether the paths in hand are about to stop working. */
  #pathsExpire({ validUntil }: Manifest): boolean {
    if (validUntil === undefined || this.#options.clock.now() < this.#renewPathsAt) return false;
    return this.serverClock.now() > validUntil - EXPIRY_MARGIN_MS;
  }

  /** Should that fail, the paths in hand go on being used while they work. */
  async #renewPaths(signal: AbortSignal): Promise<void> {
    this.#renewPathsAt = this.#options.clock.now() + EXPIRY_RETRY_MS;
    await this.#poll(signal);
  }

  async #pollLater(signal: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(this.#pollDelay(), signal);
    await this.#poll(signal);
  }

  #pollDelay(): number {
    const { random } = this.#options;
    const manifest = this.#manifest;
    if (manifest === undefined || this.#failures > 0) return backoffMs(Math.max(1, this.#failures), random);
    const delay = pollDelayMs(manifest, this.#prediction.bestUntilMs(manifest), this.#overdue, random);
    return this.#prediction.pollDelayMs(delay);
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const before = this.#manifest?.latest;
    const reply = await this.#manifests.poll(signal);
    if (reply.kind === 'failed') {
      this.#failures++;
      this.#report(reply.error);
      if (reply.error.severity === 'fatal') throw reply.error;
    } else {
      this.#failures = 0;
      if (reply.kind === 'fresh') this.#accept(reply.manifest);
      const appeared = this.#manifest?.latest !== before;
      this.#overdue = appeared ? 0 : this.#overdue + 1;
      this.#prediction.polled(this.#manifest, appeared && before !== undefined);
      if (this.#rounds === 0) this.#recovered();
    }
    this.#options.onPolled();
  }

  /** Takes a manifest unless a cache served an older one than is known already. */
  #accept(manifest: Manifest): void {
    const known = this.#polled;
    if (this.#retired.has(manifest.epoch)) return;
    if (known?.epoch === manifest.epoch && isOlder(manifest, known)) return;
    if (known !== undefined && known.epoch !== manifest.epoch) this.#retired.add(known.epoch);
    const ahead = manifest.epoch === this.#manifest?.epoch ? this.#manifest.latest - manifest.latest : 0;
    this.#polled = manifest;
    const complete = this.#complete(manifest);
    this.#manifest = manifest.live ? extrapolate(complete, ahead) : complete;
    this.#options.onManifest(manifest);
  }

  /** Where to go on; `undefined` while there is nothing to play. Joins, and jumps where the timeline left us behind. */
  #seek(manifest: Manifest): Cursor | undefined {
    const cursor = this.#cursor;
    const view = cursor && viewOfEpoch(manifest, cursor.epoch);
    if (cursor !== undefined && view !== undefined) {
      if (view === manifest && cursor.next > view.latest) return cursor;
      const there = cursor.next >= view.first && cursor.next <= view.latest;
      if (there && !this.#fellBehind(manifest, view, cursor)) return cursor;
      if (view !== manifest && cursor.next === view.latest + 1) return this.#nextEpoch(manifest, cursor);
    } else if (!isOnAir(manifest, this.serverClock)) {
      return undefined;
    }
    return this.#join(manifest);
  }

  /** The old epoch has been played to its end: the new one goes on with the next index. */
  #nextEpoch(manifest: Manifest, cursor: Cursor): Cursor {
    if (cursor.next < manifest.first || cursor.next > manifest.latest + 1) return this.#join(manifest);
    const startFrame = cursor.next * framesPerSegment(manifest);
    return this.#move({ ...cursor, epoch: manifest.epoch, stream: this.#options.nextStream(), startFrame });
  }

  #join(manifest: Manifest): Cursor {
    const startFrame = joinFrame(manifest, this.#prediction.bestUntilMs(manifest), this.#options.mode());
    const next = Math.floor(startFrame / framesPerSegment(manifest));
    const { epoch } = manifest;
    return this.#move({ epoch, stream: this.#options.nextStream(), next, startFrame, shifted: false });
  }

  #shift(point: StationPoint): Cursor | undefined {
    const view = this.#view(point.epoch);
    if (view === undefined) return undefined;
    const next = Math.floor(point.frame / framesPerSegment(view));
    if (next < view.first || next > view.latest) return undefined;
    const stream = this.#options.nextStream();
    return this.#move({ epoch: point.epoch, stream, next, startFrame: point.frame, shifted: !point.live });
  }

  #view(epoch: string): Manifest | undefined {
    return this.#manifest && viewOfEpoch(this.#manifest, epoch);
  }

  #move(cursor: Cursor): Cursor {
    this.#band.reset();
    this.#forgive();
    this.#cursor = cursor;
    return cursor;
  }

  /** In silence, more than a segment behind where a newcomer would start. */
  #fellBehind(manifest: Manifest, view: Manifest, { next, startFrame, shifted }: Cursor): boolean {
    if (shifted || this.#options.output.bufferedMs() > 0) return false;
    const frames = framesPerSegment(manifest);
    const position = Math.max(next * framesPerSegment(view), startFrame);
    return joinFrame(manifest, this.#prediction.bestUntilMs(manifest), this.#options.mode()) > position + frames;
  }

  /** One round of requests for the wanted segment: every rendition that may help, each retried past the caches. */
  async #fetch(view: Manifest, cursor: Cursor, signal: AbortSignal): Promise<void> {
    let last: SegmentReply | undefined;
    for (const rendition of this.#renditions(view, cursor.next)) {
      last = await this.#request(view, rendition, signal);
      if (isObjectFault(last)) last = await this.#request(view, rendition, signal);
      if (last.kind === 'ok') return this.#advance(view);
      // Where not even the manifest can be read, that says more.
      if (last.kind !== 'slow' && !(last.kind === 'failed' && this.#failures)) this.#report(last.error);
      if (last.kind === 'failed') break;
    }
    await this.#afterFailedRound(last, signal);
  }

  /** A segment that the manifest does not name yet, at the moment when it should be readable. */
  async #fetchPredicted(manifest: Manifest, { next }: Cursor, signal: AbortSignal): Promise<void> {
    const [rendition] = this.#renditions(manifest, next);
    if (rendition === undefined) return this.#pollLater(signal);
    const reply = await this.#request(manifest, rendition, signal);
    if (reply.kind === 'ok') {
      this.#manifest = extrapolate(manifest, 1);
      const latencyMs = this.#options.output.bufferedMs() + manifest.segmentSeconds * 1000;
      const due = this.#prediction.hit(manifest, latencyMs);
      this.#advance(manifest);
      if (due) await this.#poll(signal);
      return;
    }
    this.#prediction.missed(next, reply.kind === 'missing');
    if (reply.kind === 'failed') this.#report(reply.error);
    await this.#poll(signal);
  }

  #renditions(view: Manifest, index: number): ManifestRendition[] {
    const { quality, supports } = this.#options;
    return quality
      .candidates(view, index)
      .flatMap((name) => view.renditions.filter((one) => one.name === name && supports(one.codec)));
  }

  async #request(manifest: Manifest, rendition: ManifestRendition, signal: AbortSignal): Promise<SegmentReply> {
    const { quality, clock, output, mode } = this.#options;
    const cursor = this.#cursor as Cursor;
    const { next: index, epoch, stream, startFrame } = cursor;
    const deadlineMs = quality.deadlineMs(manifest, index, rendition.name);
    const hold = cursor.shifted ? 0 : holdMs(manifest, startFrame, this.#prediction.bestUntilMs(manifest), mode());
    const place = { epoch, stream, index, rendition: rendition.name, startFrame };
    const delivery = new Delivery({ clock, output, place, holdMs: hold, deadlineMs });
    const idleMs = deadlineMs === undefined ? undefined : quality.idleMs(output.bufferedMs());
    const request = { manifest, rendition, index, deadlineMs, idleMs, retry: this.#misses };
    try {
      const reply = await this.#segments.get(request, delivery, signal);
      if (reply.kind === 'ok') {
        quality.arrived(rendition.name, reply.bytes.length, reply.ms);
        await delivery.finish(reply.bytes, signal);
        this.#float(manifest, cursor, delivery.marginMs);
        return reply;
      }
      if (reply.kind === 'slow') quality.tooSlow();
      if (isObjectFault(reply)) this.#misses++;
      this.#resumeAt(delivery.cancel());
      return reply;
    } catch (error) {
      this.#resumeAt(delivery.cancel());
      throw error;
    }
  }

  /** Part of the segment is on its way to the ear already: the next try goes on behind it. */
  #resumeAt(frame: number | undefined): void {
    const cursor = this.#cursor;
    if (cursor !== undefined && frame !== undefined) this.#cursor = { ...cursor, startFrame: frame };
  }

  #advance(view: Manifest): void {
    const cursor = this.#cursor;
    if (cursor === undefined) return;
    const next = cursor.next + 1;
    this.#forgive();
    // A jump may have moved the start already.
    const startFrame = Math.max(cursor.startFrame, next * framesPerSegment(view));
    this.#cursor = { ...cursor, next: Math.floor(startFrame / framesPerSegment(view)), startFrame };
    this.#recovered();
  }

  /** Keeps what is in hand within its band. */
  #float(manifest: Manifest, cursor: Cursor, marginMs: number): void {
    const live = !cursor.shifted && cursor.next >= manifest.latest && cursor.epoch === manifest.epoch;
    if (!live || marginMs <= 0) {
      this.#band.reset();
      return;
    }
    const { segmentSeconds, sampleRate, first } = manifest;
    const mode = this.#options.mode();
    const ms = this.#band.observe(
      marginMs,
      segmentSeconds,
      safetyMs(segmentSeconds, mode),
      bandMs(segmentSeconds, mode),
    );
    if (ms === 0) return;
    const end = (cursor.next + 1) * framesPerSegment(manifest);
    const startFrame = Math.max(first * framesPerSegment(manifest), end + Math.round((ms * sampleRate) / 1000));
    const next = Math.floor(startFrame / framesPerSegment(manifest)) - 1;
    this.#cursor = { ...cursor, stream: this.#options.nextStream(), next, startFrame };
  }

  async #afterFailedRound(last: SegmentReply | undefined, signal: AbortSignal): Promise<void> {
    const cursor = this.#cursor as Cursor;
    const view = this.#view(cursor.epoch);
    this.#rounds++;
    if (last === undefined || last.kind === 'slow') return;
    const lost = isObjectFault(last) && this.#rounds >= MAX_OBJECT_ROUNDS;
    if (lost && view !== undefined && cursor.next < view.latest) {
      return this.#skip(view, cursor);
    }
    await this.#options.clock.sleep(backoffMs(this.#rounds, this.#options.random), signal);
    await this.#poll(signal);
  }

  #skip(view: Manifest, cursor: Cursor): void {
    const next = cursor.next + 1;
    const startFrame = next * framesPerSegment(view);
    this.#cursor = { ...cursor, stream: this.#options.nextStream(), next, startFrame };
    this.#forgive();
  }

  #forgive(): void {
    this.#rounds = 0;
    this.#misses = 0;
  }

  #report(error: PlayerError): void {
    this.#troubled = true;
    this.#options.onError(error);
  }

  #recovered(): void {
    if (!this.#troubled) return;
    this.#troubled = false;
    this.#options.onRecovered();
  }
}

/** Whether the answer is about the object rather than about the way to it. */
function isObjectFault(
  reply: SegmentReply,
): reply is Extract<SegmentReply, { kind: 'missing' | 'corrupt' | 'failed' }> {
  return reply.kind === 'missing' || reply.kind === 'corrupt';
}

/** Within an epoch only `latest` never goes back: the clock behind `updatedAt` may be set back at any time. */
function isOlder(manifest: Manifest, known: Manifest): boolean {
  if (manifest.latest !== known.latest) return manifest.latest < known.latest;
  return manifest.updatedAt < known.updatedAt;
}
