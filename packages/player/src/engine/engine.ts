import type { Manifest, NowPlaying } from '@bucket-radio/manifest';
import { defaultWorkletUrl } from '../worklet-url.ts';
import { judgeBitPerfect } from './bit-perfect.ts';
import { type Clock, systemClock } from './core/clock.ts';
import type { FollowedSegment, SegmentInput } from './core/delivery.ts';
import { type StationPoint, viewOfEpoch } from './core/epochs.ts';
import { Follower } from './core/follower.ts';
import { framesPerSegment, joinFrame, type LatencyMode, utcOfFrame } from './core/live-edge.ts';
import { type Quality, QualityPolicy } from './core/quality.ts';
import { chooseDecoder } from './decode/choose.ts';
import { Emitter } from './emitter.ts';
import { savesData, watchForWake } from './environment.ts';
import { PlayerError, toPlayerError } from './error.ts';
import { NowPlayingTrack } from './now-playing.ts';
import type { Output } from './output/output.ts';
import { PcmOutput } from './output/pcm-output.ts';
import type { SinkPosition } from './output/sink.ts';
import { WorkletSink } from './output/worklet-sink.ts';
import { Timeline, type TimelineSegment } from './timeline.ts';
import type { RadioEngine, RadioEngineEvents, RadioEngineOptions, RadioState, RadioStats } from './types.ts';

/** The output reports its position at least every so many frames while it plays. */
const REPORT_FRAMES = 6000;

/** A freshly opened output may take this long to run before it counts as blocked. */
const AUTOPLAY_GRACE_MS = 2500;

/**
 * An engine that plays a station: follows it, decodes it, and feeds the audio output. Nothing is requested before `play`.
 */
export function createRadioEngine(options: RadioEngineOptions): RadioEngine {
  return new Engine(options);
}

class Engine extends Emitter<RadioEngineEvents> implements RadioEngine {
  readonly #options: RadioEngineOptions;
  readonly #clock: Clock;
  readonly #quality = new QualityPolicy();
  readonly #output: Output;
  readonly #timeline = new Timeline();
  readonly #nowPlaying = new NowPlayingTrack();
  #state: RadioState = 'stopped';
  #error: PlayerError | undefined;
  #volume: number;
  #latencyMode: LatencyMode;
  #session: AbortController | undefined;
  #follower: Follower | undefined;
  #position: SinkPosition | undefined;
  #audible: TimelineSegment | undefined;
  #title: NowPlaying | undefined;
  /** Where `pause` was called, or `seek` wants to go. */
  #resumeAt: StationPoint | undefined;
  #interrupted = false;
  /** Tells the frame where the sound ended last. */
  #ended: Promise<number | undefined> | undefined;
  #streams = 0;
  #underruns = 0;
  #sinkUnderruns = 0;
  #verified = 0;
  #mismatched = 0;

  constructor(options: RadioEngineOptions) {
    super();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#volume = checkedVolume(options.volume ?? 1);
    this.#latencyMode = options.latencyMode ?? 'balanced';
    this.#quality.mode = options.quality ?? 'auto';
    this.#quality.savesData = savesData;
    this.#output = options.createOutput?.() ?? createPcmOutput(options);
    this.#output.sink.on('position', (position) => this.#onPosition(position));
    this.#output.sink.on('running', (running) => this.#onRunning(running));
  }

  get state(): RadioState {
    return this.#state;
  }

  get error(): PlayerError | undefined {
    return this.#error;
  }

  get outputNode(): AudioNode | undefined {
    return this.#output.sink.outputNode;
  }

  get mediaElement(): HTMLMediaElement | undefined {
    return this.#output.mediaElement;
  }

  get volume(): number {
    return this.#volume;
  }

  get quality(): Quality {
    return this.#quality.mode;
  }

  get latencyMode(): LatencyMode {
    return this.#latencyMode;
  }

  get stats(): RadioStats {
    const manifest = this.#follower?.manifest;
    const audible = this.#audible;
    return {
      state: this.#state,
      station: manifest?.station,
      live: this.#follower?.onAir ?? false,
      latencySeconds: this.#latencySeconds(manifest),
      bufferedSeconds: Math.max(0, this.#output.sink.bufferedFrames) / 48_000,
      windowSeconds: manifest === undefined ? 0 : windowFrames(manifest) / 48_000,
      behindSeconds: this.#behindSeconds(manifest),
      shifted: this.#resumeAt !== undefined || (this.#follower?.shifted ?? false),
      underruns: this.#underruns,
      rendition: audible?.rendition,
      segment: audible?.index,
      frame: this.#position?.frame,
      contextFrame: this.#position?.contextFrame,
      bitPerfect: judgeBitPerfect({
        playing: this.#state === 'playing',
        fidelity: manifest?.fidelity,
        rendition: audible?.rendition,
        verified: audible?.verified,
        volume: this.#volume,
        contextRate: this.#output.sink.sampleRate,
      }),
      bitPerfectVerified: this.#verified,
      bitPerfectFailed: this.#mismatched,
      nowPlaying: this.#title,
      clockOffsetMs: this.#follower?.serverClock.offsetMs ?? 0,
    };
  }

  play(from?: Promise<StationPoint | undefined>): void {
    if (this.#session !== undefined) {
      // A second press in a gesture is how a listener answers AutoplayBlocked.
      this.#output.open().catch(() => undefined);
      return;
    }
    const session = new AbortController();
    this.#session = session;
    this.#error = undefined;
    this.#setState('connecting');
    const opened = this.#output.open();
    this.#watchAutoplay(session.signal).catch(() => undefined);
    this.#run(opened, from, session.signal).catch((error: unknown) => {
      if (!session.signal.aborted) this.#fail(toPlayerError(error, 'AudioOutput'));
    });
  }

  stop(): void {
    this.#resumeAt = undefined;
    if (this.#session === undefined && this.#state !== 'failed' && this.#state !== 'paused') return;
    this.#end();
    this.#error = undefined;
    this.#setState('stopped');
  }

  pause(): void {
    const point = this.#point();
    if (point === undefined) return;
    this.#end();
    this.#resumeAt = point;
    this.#setState('paused');
  }

  async halt(): Promise<StationPoint | undefined> {
    const point = this.#point() ?? this.#resumeAt;
    const live = !this.stats.shifted;
    this.#end();
    this.#resumeAt = undefined;
    this.#setState('stopped');
    return point && { ...point, frame: (await this.#ended) ?? point.frame, live };
  }

  seek(seconds: number): void {
    const manifest = this.#follower?.manifest;
    if (manifest === undefined || !(seconds >= 0)) return;
    const edge = (manifest.latest + 1) * framesPerSegment(manifest);
    const frame = Math.max(edge - Math.round(seconds * 48_000), edge - windowFrames(manifest));
    const live = frame >= joinFrame(manifest, undefined, this.#latencyMode);
    this.#jump(live ? undefined : { epoch: manifest.epoch, frame });
  }

  goLive(): void {
    this.#jump(undefined);
  }

  setLatencyMode(mode: LatencyMode): void {
    this.#latencyMode = mode;
  }

  wake(): void {
    this.#follower?.wake();
  }

  setVolume(volume: number): void {
    this.#volume = checkedVolume(volume);
    this.#output.sink.setVolume(volume);
    this.#emitStats();
  }

  setQuality(quality: Quality): void {
    this.#quality.mode = quality;
  }

  async dispose(): Promise<void> {
    this.stop();
    await this.#output.sink.close();
  }

  async #run(
    opened: Promise<void>,
    start: Promise<StationPoint | undefined> | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    this.#follower ??= this.#createFollower();
    const follower = this.#follower;
    opened.catch(() => undefined);
    const from = (await start) ?? this.#resumeAt;
    signal.throwIfAborted();
    const ready = opened.then(() => {
      signal.throwIfAborted();
      this.#output.sink.setVolume(this.#volume);
      watchForWake(this.#clock, () => follower.wake(), signal);
    });
    await follower.run(signal, ready, from);
  }

  /** Starts again at another place, if anything is to be heard at all. */
  #jump(to: StationPoint | undefined): void {
    if (this.#state === 'stopped' || this.#state === 'failed') return;
    this.#end();
    this.#resumeAt = to;
    this.play();
  }

  /** Browsers keep the output suspended, without an error, until a person has touched the page. */
  async #watchAutoplay(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(AUTOPLAY_GRACE_MS, signal);
    if (this.#output.sink.running) return;
    this.#fail(new PlayerError('AutoplayBlocked', 'sound starts only after a click or a key press'));
  }

  #createFollower(): Follower {
    const { fetch, random, src, base, tokenUrl } = this.#options;
    const page = typeof document === 'undefined' ? undefined : document.baseURI;
    const url = parseUrl(src, page);
    return new Follower({
      fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
      clock: this.#clock,
      random: random ?? Math.random,
      src: url.href,
      tokenUrl: tokenUrl === undefined ? undefined : parseUrl(tokenUrl, page).href,
      base: base === undefined ? new URL('.', url).href : directory(new URL(base, page ?? url)),
      revalidate: page === undefined ? 'header' : 'browser',
      quality: this.#quality,
      supports: (codec) => this.#output.codecs.includes(codec),
      browserFetch: this.#output.browserFetch,
      mode: () => this.#latencyMode,
      nextStream: () => ++this.#streams,
      output: {
        begin: (followed) => this.#begin(followed),
        bufferedMs: () => this.#output.sink.bufferedFrames / 48,
      },
      onManifest: (manifest) => this.#nowPlaying.learn(manifest),
      onPolled: () => this.#onPolled(),
      onError: (error) => this.#onError(error),
      onRecovered: () => this.#onRecovered(),
    });
  }

  #begin(followed: FollowedSegment): SegmentInput {
    const { epoch, stream, index, rendition, head } = followed;
    const { position } = head;
    const entry: TimelineSegment = { epoch, stream, index, rendition, position, end: position + head.frames };
    this.#timeline.add(entry);
    return this.#output.begin(followed, {
      verified: (matches) => this.#onVerified(entry, matches),
      failed: (error) => this.#onError(error),
    });
  }

  #onVerified(entry: TimelineSegment, verified: boolean): void {
    entry.verified = verified;
    if (verified) this.#verified++;
    else this.#mismatched++;
    if (!verified) {
      const message = `segment ${entry.index} does not decode to the samples that were captured`;
      this.#onError(new PlayerError('VerificationFailed', message));
    }
    if (entry === this.#audible) this.emit('segment', entry);
  }

  #onPosition(position: SinkPosition): void {
    const { state, stream, frame } = position;
    // A report that was on its way when another place was jumped to is about sound that is gone.
    if (this.#session === undefined || (state === 'playing' && !this.#timeline.knows(stream, frame))) return;
    const underruns = position.underruns - this.#sinkUnderruns;
    this.#sinkUnderruns = position.underruns;
    const onAir = this.#follower?.onAir ?? false;
    if (onAir) this.#underruns += underruns;
    this.#position = position.state === 'playing' ? position : undefined;
    this.#listen(position);
    if (position.state === 'playing') {
      this.#resumeAt = undefined;
      this.#setState('playing');
    } else if (position.state === 'starved') this.#setState(onAir ? 'rebuffering' : 'offline');
    this.#emitStats();
  }

  #listen({ state, stream, frame }: SinkPosition): void {
    const segment = state === 'playing' ? this.#timeline.at(stream, frame) : undefined;
    if (segment !== undefined)
      this.#announceTitle(segment.epoch, frame - Math.round(this.#output.sink.outputLatencyMs * 48));
    if (segment === this.#audible) return;
    this.#audible = segment;
    if (segment !== undefined) this.emit('segment', segment);
  }

  /** Tells of another title when it is heard: between two reports of the output, by the clock. @param frame at the ear */
  #announceTitle(epoch: string, frame: number): void {
    const tell = (at: number): void => {
      const title = this.#nowPlaying.at(epoch, at);
      if (title?.frame === this.#title?.frame && title?.title === this.#title?.title) return;
      this.#title = title;
      this.emit('nowplaying', title);
    };
    tell(frame);
    const frames = this.#nowPlaying.framesToNext(epoch, frame);
    const signal = this.#session?.signal;
    if (frames === undefined || frames > REPORT_FRAMES || signal === undefined) return;
    this.#clock.sleep(frames / 48, signal).then(
      () => tell(frame + frames),
      () => undefined,
    );
  }

  #onPolled(): void {
    if (this.#follower?.manifest === undefined) return;
    const { onAir } = this.#follower;
    if (!onAir && this.#output.sink.bufferedFrames <= 0) this.#setState('offline');
    else if (onAir && this.#state === 'offline') this.#setState('connecting');
    this.#emitStats();
  }

  /** After an interruption (a phone call, a suspended tab) what is buffered is old: start again at the live edge. */
  #onRunning(running: boolean): void {
    if (!running) {
      this.#interrupted = this.#state === 'playing';
    } else if (this.#interrupted) {
      this.#interrupted = false;
      this.#end();
      this.play();
    }
  }

  #onError(error: PlayerError): void {
    this.#error = error;
    this.emit('error', error);
  }

  #onRecovered(): void {
    this.#error = undefined;
    this.emit('recovered', undefined);
  }

  #fail(error: PlayerError): void {
    this.#end();
    this.#onError(error);
    this.#setState(error.severity === 'fatal' ? 'failed' : 'stopped');
  }

  /** Where the ear is. */
  #point(): StationPoint | undefined {
    const { epoch } = this.#audible ?? {};
    if (epoch === undefined || this.#position === undefined) return undefined;
    return { epoch, frame: this.#position.frame };
  }

  #behindSeconds(manifest: Manifest | undefined): number | undefined {
    const point = this.#state === 'paused' ? this.#resumeAt : this.#point();
    if (manifest === undefined || point === undefined) return undefined;
    const view = viewOfEpoch(manifest, point.epoch);
    if (view === undefined) return undefined;
    const gone = view === manifest ? 0 : windowFrames(manifest);
    return ((view.latest + 1) * framesPerSegment(view) - point.frame + gone) / 48_000;
  }

  #end(): void {
    this.#session?.abort();
    this.#session = undefined;
    this.#ended = this.#output.stop();
    this.#timeline.clear();
    this.#position = undefined;
    this.#audible = undefined;
  }

  #setState(state: RadioState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.emit('state', state);
    this.#emitStats();
  }

  #emitStats(): void {
    this.emit('stats', this.stats);
  }

  #latencySeconds(manifest: Manifest | undefined): number | undefined {
    const follower = this.#follower;
    const position = this.#position;
    if (manifest === undefined || follower === undefined || position === undefined) return undefined;
    if (this.#audible?.epoch !== manifest.epoch) return undefined;
    const heardAt = utcOfFrame(manifest, position.frame) - this.#output.sink.outputLatencyMs;
    return (follower.serverClock.now() - heardAt) / 1000;
  }
}

function createPcmOutput({ createSink, createDecoder, workletUrl }: RadioEngineOptions): Output {
  const sink = createSink?.() ?? new WorkletSink(String(workletUrl ?? defaultWorkletUrl()));
  return new PcmOutput(sink, createDecoder ?? chooseDecoder);
}

function windowFrames(manifest: Manifest): number {
  return (manifest.latest + 1 - manifest.first) * framesPerSegment(manifest);
}

function checkedVolume(volume: number): number {
  if (volume >= 0 && volume <= 1) return volume;
  throw new RangeError(`volume is ${volume}; allowed: 0 to 1`);
}

/** A directory's URL ends with a slash, or its last part is lost in resolving. */
function directory(url: URL): string {
  return url.pathname.endsWith('/') ? url.href : `${url.origin}${url.pathname}/`;
}

function parseUrl(src: string, page: string | undefined): URL {
  const url = URL.parse(src, page);
  if (url !== null) return url;
  throw new PlayerError('ManifestUnreachable', `src is "${src}"; it must be the URL of a manifest`);
}
