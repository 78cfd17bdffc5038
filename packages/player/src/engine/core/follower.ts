import type { Manifest, ManifestRendition } from '@bucket-radio/manifest';
import type { RenditionName } from '@bucket-radio/pcm';
import type { PlayerError } from '../error.ts';
import type { CodecConfig } from '../mp4/init.ts';
import type { MediaSegment } from '../mp4/segment.ts';
import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { FetchLike } from './http.ts';
import { framesPerSegment, holdMs, isOnAir, joinFrame, untilNextMs } from './live-edge.ts';
import { type ManifestPoll, ManifestSource } from './manifest-source.ts';
import { pollDelayMs } from './poll-schedule.ts';
import type { QualityPolicy } from './quality.ts';
import { type SegmentReply, SegmentSource } from './segment-source.ts';
import type { ServerClock } from './server-clock.ts';

/** An object that is missing or damaged in every rendition is given up after this many rounds, if newer ones exist. */
const MAX_OBJECT_ROUNDS = 3;

/** A segment on its way to the decoder, in playing order. */
export interface FollowedSegment {
  readonly epoch: string;
  /** Grows with every new epoch and every jump: within one stream, frames are contiguous. */
  readonly stream: number;
  readonly index: number;
  readonly rendition: RenditionName;
  /** First frame to play; later than the segment's own position only after a join. */
  readonly startFrame: number;
  readonly segment: MediaSegment;
  readonly config: CodecConfig;
}

export interface FollowerOptions {
  readonly fetch: FetchLike;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly src: string;
  /** Directory of the media objects. */
  readonly base: string;
  readonly revalidate: 'header' | 'browser';
  readonly quality: QualityPolicy;
  /** Whether there is a decoder. */
  readonly supports: (codec: ManifestRendition['codec']) => boolean;
  /** A number for a new stream, never given before. */
  readonly nextStream: () => number;
  /** Whether the listener hears nothing right now: then falling behind is made up by a jump. */
  readonly isSilent: () => boolean;
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
}

/**
 * Follows a station: which segment comes next, when to ask for it, and what to do when it does not come. Knows nothing of
 * audio. Never gives up on a transient fault.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #manifests: ManifestSource;
  readonly #segments: SegmentSource;
  readonly #retired = new Set<string>();
  #manifest: Manifest | undefined;
  #cursor: Cursor | undefined;
  /** Manifest polls in a row that failed, and that came too early. */
  #failures = 0;
  #overdue = 0;
  /** Local time at which the newest segment was first seen; unknown for the first one. */
  #appearedAt: number | undefined;
  /** Rounds of failed requests for the segment wanted next. */
  #rounds = 0;
  /** Answers for that segment that a cache must not repeat. */
  #misses = 0;
  #troubled = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#manifests = new ManifestSource({ ...options, url: options.src });
    this.#segments = new SegmentSource(options, options.base);
  }

  /** The newest manifest. */
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

  /** Segments in playing order, each as soon as it is readable, until `signal` is aborted (then it throws the reason). */
  async *segments(signal: AbortSignal): AsyncGenerator<FollowedSegment, never> {
    await this.#poll(signal);
    for (;;) {
      signal.throwIfAborted();
      const manifest = this.#manifest;
      const cursor = manifest === undefined ? undefined : this.#seek(manifest);
      if (manifest === undefined || cursor === undefined || cursor.next > manifest.latest) {
        await this.#options.clock.sleep(this.#pollDelay(), signal);
        await this.#poll(signal);
        continue;
      }
      const followed = await this.#fetch(manifest, cursor, signal);
      if (followed === undefined) continue;
      this.#advance(cursor);
      this.#recovered();
      await this.#hold(followed, signal);
      yield followed;
    }
  }

  /** In silence, waits until what is in hand lasts to the next segment. */
  async #hold({ startFrame }: FollowedSegment, signal: AbortSignal): Promise<void> {
    const manifest = this.#manifest;
    if (manifest === undefined || !this.#options.isSilent()) return;
    const ms = holdMs(manifest, startFrame, this.#untilNextMs(manifest));
    if (ms > 0) await this.#options.clock.sleep(ms, signal);
  }

  #pollDelay(): number {
    const { random } = this.#options;
    if (this.#manifest === undefined || this.#failures > 0) return backoffMs(Math.max(1, this.#failures), random);
    return pollDelayMs(this.#manifest, this.#untilNextMs(this.#manifest), this.#overdue, random);
  }

  /** By the origin's clock, or else by the rhythm in which segments were seen to appear. */
  #untilNextMs(manifest: Manifest): number | undefined {
    const predicted = untilNextMs(manifest, this.serverClock.now());
    if (predicted !== undefined || this.#appearedAt === undefined) return predicted;
    const sinceMs = this.#options.clock.now() - this.#appearedAt;
    const segmentMs = manifest.segmentSeconds * 1000;
    return sinceMs < 2 * segmentMs ? segmentMs - sinceMs : undefined;
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const before = this.#manifest?.latest;
    const reply = await this.#manifests.poll(signal);
    if (reply.kind === 'failed') this.#onPollFailed(reply.error);
    else this.#onPollSucceeded(reply, before);
    this.#options.onPolled();
  }

  #onPollFailed(error: PlayerError): void {
    this.#failures++;
    this.#report(error);
    if (error.severity === 'fatal') throw error;
  }

  #onPollSucceeded(reply: Exclude<ManifestPoll, { kind: 'failed' }>, before: number | undefined): void {
    this.#failures = 0;
    if (reply.kind === 'fresh') this.#accept(reply.manifest);
    const appeared = this.#manifest?.latest !== before;
    this.#overdue = appeared ? 0 : this.#overdue + 1;
    if (appeared && before !== undefined) this.#appearedAt = this.#options.clock.now();
    if (this.#rounds === 0) this.#recovered();
  }

  /** Takes a manifest unless a cache served an older one than is known already. */
  #accept(manifest: Manifest): void {
    const known = this.#manifest;
    if (this.#retired.has(manifest.epoch)) return;
    if (known?.epoch === manifest.epoch && isOlder(manifest, known)) return;
    this.#manifest = manifest;
    this.#options.onManifest(manifest);
  }

  /** Where to go on; `undefined` while there is nothing to play. Joins, and jumps where the timeline left us behind. */
  #seek(manifest: Manifest): Cursor | undefined {
    const cursor = this.#cursor;
    if (cursor?.epoch === manifest.epoch) {
      if (cursor.next >= manifest.first && !this.#fellBehind(manifest, cursor)) return cursor;
      if (cursor.next > manifest.latest) return cursor;
    } else if (!isOnAir(manifest, this.serverClock)) {
      return undefined;
    }
    if (cursor !== undefined && cursor.epoch !== manifest.epoch) this.#retired.add(cursor.epoch);
    this.#cursor = this.#join(manifest);
    return this.#cursor;
  }

  #join(manifest: Manifest): Cursor {
    const startFrame = joinFrame(manifest, this.#untilNextMs(manifest));
    const next = Math.floor(startFrame / framesPerSegment(manifest));
    this.#forgive();
    return { epoch: manifest.epoch, stream: this.#options.nextStream(), next, startFrame };
  }

  /** In silence, more than a segment behind where a newcomer would start. */
  #fellBehind(manifest: Manifest, { next, startFrame }: Cursor): boolean {
    const frames = framesPerSegment(manifest);
    const position = Math.max(next * frames, startFrame);
    return this.#options.isSilent() && joinFrame(manifest, this.#untilNextMs(manifest)) > position + frames;
  }

  #advance(cursor: Cursor): void {
    this.#forgive();
    this.#cursor = { ...cursor, next: cursor.next + 1 };
  }

  /** One round of requests for the wanted segment: every rendition that may help, each retried past the caches. */
  async #fetch(manifest: Manifest, cursor: Cursor, signal: AbortSignal): Promise<FollowedSegment | undefined> {
    let last: SegmentReply | undefined;
    for (const name of this.#options.quality.candidates(manifest, cursor.next)) {
      const rendition = manifest.renditions.find((one) => one.name === name);
      if (rendition === undefined || !this.#options.supports(rendition.codec)) continue;
      last = await this.#request(manifest, rendition, cursor, signal);
      if (last.kind === 'ok') {
        const { segment, config } = last;
        return followed(cursor, name, segment, config);
      }
      if (last.kind === 'failed') break;
    }
    await this.#afterFailedRound(last, cursor, signal);
    return undefined;
  }

  async #request(
    manifest: Manifest,
    rendition: ManifestRendition,
    { next: index }: Cursor,
    signal: AbortSignal,
  ): Promise<SegmentReply> {
    const { quality } = this.#options;
    const request = { manifest, rendition, index, deadlineMs: quality.deadlineMs(manifest, index, rendition.name) };
    let reply = await this.#segments.get({ ...request, retry: this.#misses }, signal);
    if (isObjectFault(reply)) reply = await this.#segments.get({ ...request, retry: ++this.#misses }, signal);
    if (isObjectFault(reply)) this.#misses++;
    if (reply.kind === 'ok') quality.arrived(rendition.name, reply.bytes, reply.ms);
    else if (reply.kind === 'slow') quality.tooSlow();
    else this.#report(reply.error);
    return reply;
  }

  async #afterFailedRound(last: SegmentReply | undefined, cursor: Cursor, signal: AbortSignal): Promise<void> {
    this.#rounds++;
    if (
      last !== undefined &&
      isObjectFault(last) &&
      this.#rounds >= MAX_OBJECT_ROUNDS &&
      cursor.next < (this.#manifest?.latest ?? 0)
    ) {
      this.#cursor = { ...cursor, stream: this.#options.nextStream(), next: cursor.next + 1 };
      this.#forgive();
      return;
    }
    await this.#options.clock.sleep(backoffMs(this.#rounds, this.#options.random), signal);
    await this.#poll(signal);
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
function isObjectFault(reply: SegmentReply): boolean {
  return reply.kind === 'missing' || reply.kind === 'corrupt';
}

function followed(
  cursor: Cursor,
  rendition: RenditionName,
  segment: MediaSegment,
  config: CodecConfig,
): FollowedSegment {
  const { epoch, stream, next: index } = cursor;
  const startFrame = Math.max(segment.position, cursor.startFrame);
  return { epoch, stream, index, rendition, startFrame, segment, config };
}

/** Within an epoch only `latest` never goes back: the clock behind `updatedAt` may be set back at any time. */
function isOlder(manifest: Manifest, known: Manifest): boolean {
  if (manifest.latest !== known.latest) return manifest.latest < known.latest;
  return manifest.updatedAt < known.updatedAt;
}
