import type { FollowedSegment, SegmentInput } from '../core/delivery.ts';
import { Emitter } from '../emitter.ts';
import { claimAudioSession } from '../environment.ts';
import { PlayerError, toPlayerError } from '../error.ts';
import type { CodecConfig } from '../mp4/init.ts';
import type { Packet } from '../mp4/segment.ts';
import { AppendQueue, endOf } from './append-queue.ts';
import { mediaSourceClass, mediaSourceCodecs, mediaSourceType, playsHls } from './media-source.ts';
import type { BrowserFetch, Output, SegmentReport } from './output.ts';
import type { RingState } from './protocol.ts';
import type { SinkEvents } from './sink.ts';

const REPORT_MS = 100;

/** FLAC frames and pairs of Opus packets have this many frames: a stream starts with a whole one, so times stay exact. */
const BLOCK_FRAMES = 1920;

/** Less than this ahead of the ear, in seconds, and nothing is heard. */
const STARVED_SECONDS = 0.02;

/** Where a stream lies on the element's own timeline, which is without gaps whatever the station's does. */
interface StreamPlace {
  readonly stream: number;
  /** Media time in seconds. */
  readonly at: number;
  /** Station frame at that time. */
  readonly frame: number;
}

/**
 * Plays through a media element and MediaSource: what phones keep playing with the screen locked, and what still works on
 * plain http. Takes the station's objects as they are; samples are not seen, so nothing is verified. Without MediaSource the
 * browser may fetch by itself, from the station's HLS playlists.
 */
export class ElementOutput extends Emitter<SinkEvents> implements Output {
  readonly sink: this = this;
  readonly outputLatencyMs = 0;
  /** The browser decides; nothing is known of it. */
  readonly sampleRate = 0;
  #element: HTMLAudioElement | undefined;
  #source: MediaSource | undefined;
  #queue: AppendQueue | undefined;
  #codec: string | undefined;
  #init: Uint8Array | undefined;
  #streams: StreamPlace[] = [];
  #underruns = 0;
  #state: RingState = 'idle';
  #timer: ReturnType<typeof setInterval> | undefined;

  get codecs(): readonly CodecConfig['codec'][] {
    return mediaSourceCodecs();
  }

  get mediaElement(): HTMLMediaElement | undefined {
    return this.#element;
  }

  /** The last resort, in a file of its own. */
  get browserFetch(): BrowserFetch | undefined {
    if (this.codecs.length > 0) return undefined;
    return async (options) => {
      const { HlsPlayback } = await import('./hls-playback.ts');
      return new HlsPlayback(() => this.#element, options);
    };
  }

  get bufferedFrames(): number {
    const { buffered, currentTime = 0 } = this.#element ?? {};
    return Math.max(0, Math.round((endOf(buffered) - currentTime) * 48_000));
  }

  /** A browser that withholds the sound leaves the element paused; at the end of a broadcast it pauses by itself. */
  get running(): boolean {
    const { paused = true, ended = false } = this.#element ?? {};
    return !paused || ended;
  }

  async open(): Promise<void> {
    const Source = this.codecs.length > 0 ? mediaSourceClass() : undefined;
    if (Source === undefined && !playsHls()) {
      const message = 'without MediaSource and HLS: AudioWorklet is missing; it exists on https:// and localhost only';
      throw new PlayerError('UnsupportedBrowser', message);
    }
    claimAudioSession();
    this.#element ??= this.#createElement();
    const attach = Source !== undefined && this.#source === undefined;
    const opened = attach ? this.#attach(this.#element, new Source()) : undefined;
    // Withheld until there is a gesture, or stopped meanwhile. An element that was played in one may play from then on.
    this.#element.play().catch(() => undefined);
    this.#timer ??= setInterval(() => this.#report(), REPORT_MS);
    await opened;
  }

  begin(followed: FollowedSegment, report: SegmentReport): SegmentInput {
    return new ElementSegment(followed, this.#place(followed), (bytes) => this.#append(bytes), report);
  }

  setVolume(volume: number): void {
    if (this.#element !== undefined) this.#element.volume = volume;
  }

  async stop(): Promise<number | undefined> {
    this.#element?.pause();
    const ended = this.#state === 'playing' ? this.#frameAt(this.#element?.currentTime ?? 0) : undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
    URL.revokeObjectURL(this.#element?.src ?? '');
    this.#source = undefined;
    this.#queue = undefined;
    this.#streams = [];
    this.#state = 'idle';
    this.#element?.removeAttribute('src');
    this.#element?.load();
    return ended;
  }

  async close(): Promise<void> {
    await this.stop();
    this.#element = undefined;
  }

  #createElement(): HTMLAudioElement {
    const element = new Audio();
    // AirPlay of a managed source needs an HLS alternative; without one, Safari wants it switched off.
    element.disableRemotePlayback = true;
    element.onpause = element.onplaying = () => {
      if (this.#timer !== undefined) this.emit('running', this.running);
    };
    return element;
  }

  #attach(element: HTMLAudioElement, source: MediaSource): Promise<void> {
    this.#source = source;
    const opened = new Promise<void>((resolve, reject) => {
      source.onsourceopen = () => {
        element.onerror = null;
        resolve();
      };
      element.onerror = () => {
        const message = 'MediaSource is refused; a Content-Security-Policy needs "media-src blob:"';
        reject(new PlayerError('AudioOutput', message, { cause: element.error }));
      };
    });
    element.src = URL.createObjectURL(source);
    return opened;
  }

  /** Steps that make the buffer ready for a segment; they are queued before its bytes. */
  #place({ stream, startFrame, config, init }: FollowedSegment): Promise<void> {
    const source = this.#source;
    if (source === undefined) {
      // What the browser fetched by itself lies there already; the stream starts at media time 0.
      this.#streams = [{ stream, at: 0, frame: startFrame }];
      return Promise.resolve();
    }
    const queue = this.#queue ?? this.#createQueue(source, config.codec);
    const steps: Promise<void>[] = [];
    if (this.#codec !== config.codec) {
      const type = mediaSourceType(config.codec) ?? '';
      steps.push(queue.run((buffer) => buffer.changeType(type)));
      this.#codec = config.codec;
      this.#init = undefined;
    }
    if (this.#init !== init) steps.push(queue.run((buffer) => buffer.appendBuffer(new Uint8Array(init))));
    this.#init = init;
    if (this.#streams.at(-1)?.stream !== stream) steps.push(this.#startStream(queue, stream, startFrame));
    return Promise.all(steps).then(() => undefined);
  }

  #createQueue(source: MediaSource, codec: CodecConfig['codec']): AppendQueue {
    const buffer = source.addSourceBuffer(mediaSourceType(codec) ?? '');
    source.duration = Number.POSITIVE_INFINITY;
    this.#codec = codec;
    this.#init = undefined;
    this.#queue = new AppendQueue(buffer);
    return this.#queue;
  }

  #startStream(queue: AppendQueue, stream: number, startFrame: number): Promise<void> {
    const frame = Math.floor(startFrame / BLOCK_FRAMES) * BLOCK_FRAMES;
    return queue.run((buffer) => {
      const at = Math.ceil(queue.end * 25) / 25;
      this.#streams.push({ stream, at, frame });
      buffer.timestampOffset = at - frame / 48_000;
      buffer.appendWindowStart = at;
    });
  }

  async #append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const heardUntil = (): number => this.#element?.currentTime ?? 0;
    await this.#queue?.append(bytes, heardUntil);
    await this.#queue?.trim(heardUntil());
  }

  #report(): void {
    const element = this.#element;
    if (element === undefined) return;
    const time = element.currentTime;
    const sounding = !element.paused && endOf(element.buffered) - time > STARVED_SECONDS && element.readyState > 2;
    if (!sounding && this.#state === 'playing') this.#underruns++;
    if (sounding) this.#state = 'playing';
    else if (this.#state === 'playing') this.#state = 'starved';
    this.emit('position', {
      state: this.#state,
      stream: this.#placeAt(time)?.stream ?? 0,
      frame: this.#frameAt(time) ?? 0,
      contextFrame: Math.round(time * 48_000),
      bufferedFrames: this.bufferedFrames,
      underruns: this.#underruns,
    });
  }

  #placeAt(time: number): StreamPlace | undefined {
    return this.#streams.findLast(({ at }) => at <= time);
  }

  /** The station frame at a media time. */
  #frameAt(time: number): number | undefined {
    const place = this.#placeAt(time);
    return place && place.frame + Math.round((time - place.at) * 48_000);
  }
}

class ElementSegment implements SegmentInput {
  readonly #report: SegmentReport;
  readonly #append: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  #tail: Promise<void>;
  #sent = 0;
  #frame: number;
  #failed = false;
  readonly #startFrame: number;

  constructor(
    { head, startFrame }: FollowedSegment,
    placed: Promise<void>,
    append: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
    report: SegmentReport,
  ) {
    this.#frame = head.position;
    this.#startFrame = startFrame;
    this.#append = append;
    this.#report = report;
    this.#tail = placed.catch((error: unknown) => this.#fail(error));
  }

  push(packets: readonly Packet[], soFar: Uint8Array<ArrayBuffer>): void {
    for (const { frames } of packets) this.#frame += frames;
    if (this.#failed || soFar.length === this.#sent) return;
    const part = soFar.slice(this.#sent);
    this.#sent = soFar.length;
    this.#tail = this.#tail.then(() => this.#append(part)).catch((error: unknown) => this.#fail(error));
  }

  async end(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    this.push([], bytes);
    await this.#tail;
    signal.throwIfAborted();
  }

  cancel(): number {
    return Math.max(this.#startFrame, this.#frame);
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#report.failed(toPlayerError(error, 'DecodeFailed'));
  }
}
