import type { Manifest } from '@bucket-radio/manifest';
import { defaultWorkletUrl } from '../worklet-url.ts';
import { judgeBitPerfect } from './bit-perfect.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { type FollowedSegment, Follower } from './core/follower.ts';
import { utcOfFrame } from './core/live-edge.ts';
import { type Quality, QualityPolicy } from './core/quality.ts';
import { chooseDecoder } from './decode/choose.ts';
import type { SegmentDecoder } from './decode/decoder.ts';
import { Emitter } from './emitter.ts';
import { PlayerError, toPlayerError } from './error.ts';
import { feed } from './feeder.ts';
import { NowPlayingTrack } from './now-playing.ts';
import type { AudioSink, SinkPosition } from './output/sink.ts';
import { WorkletSink } from './output/worklet-sink.ts';
import { Timeline, type TimelineSegment } from './timeline.ts';
import type { RadioEngine, RadioEngineEvents, RadioEngineOptions, RadioState, RadioStats } from './types.ts';

/** More sound than this waits only when the output stands still; then nothing more is fetched. 45 s. */
const MAX_BUFFERED_FRAMES = 45 * 48_000;
const ROOM_POLL_MS = 500;

/** A freshly opened output may take this long to run before it counts as blocked. */
const AUTOPLAY_GRACE_MS = 2500;

/**
 * An engine that plays a station: follows it, decodes it, and feeds the audio output. Nothing is requested before `play`.
 */
export function createRadioEngine(options: RadioEngineOptions): RadioEngine {
  return new Engine(options);
}

class Engine implements RadioEngine {
  readonly #options: RadioEngineOptions;
  readonly #clock: Clock;
  readonly #events = new Emitter<RadioEngineEvents>();
  readonly #quality = new QualityPolicy();
  readonly #sink: AudioSink;
  readonly #timeline = new Timeline();
  readonly #nowPlaying = new NowPlayingTrack();
  #state: RadioState = 'stopped';
  #error: PlayerError | undefined;
  #volume: number;
  #session: AbortController | undefined;
  #follower: Follower | undefined;
  #decoder: SegmentDecoder | undefined;
  #position: SinkPosition | undefined;
  #audible: TimelineSegment | undefined;
  #interrupted = false;
  #streams = 0;
  #underruns = 0;
  #sinkUnderruns = 0;
  #verified = 0;
  #mismatched = 0;

  constructor(options: RadioEngineOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#volume = checkedVolume(options.volume ?? 1);
    this.#quality.mode = options.quality ?? 'auto';
    this.#sink = options.createSink?.() ?? new WorkletSink(String(options.workletUrl ?? defaultWorkletUrl()));
    this.#sink.on('position', (position) => this.#onPosition(position));
    this.#sink.on('running', (running) => this.#onRunning(running));
  }

  get state(): RadioState {
    return this.#state;
  }

  get error(): PlayerError | undefined {
    return this.#error;
  }

  get outputNode(): AudioNode | undefined {
    return this.#sink.outputNode;
  }

  get volume(): number {
    return this.#volume;
  }

  get quality(): Quality {
    return this.#quality.mode;
  }

  get stats(): RadioStats {
    const manifest = this.#follower?.manifest;
    const audible = this.#audible;
    return {
      state: this.#state,
      station: manifest?.station,
      live: this.#follower?.onAir ?? false,
      latencySeconds: this.#latencySeconds(manifest),
      bufferedSeconds: Math.max(0, this.#sink.bufferedFrames) / 48_000,
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
        contextRate: this.#sink.sampleRate,
      }),
      bitPerfectVerified: this.#verified,
      bitPerfectFailed: this.#mismatched,
      nowPlaying: audible === undefined ? undefined : this.#nowPlaying.at(audible.epoch, this.#position?.frame ?? 0),
      clockOffsetMs: this.#follower?.serverClock.offsetMs ?? 0,
    };
  }

  on<K extends keyof RadioEngineEvents>(event: K, listener: (value: RadioEngineEvents[K]) => void): () => void {
    return this.#events.on(event, listener);
  }

  play(): void {
    if (this.#session !== undefined) {
      // A second press in a gesture is how a listener answers AutoplayBlocked.
      this.#sink.open().catch(() => undefined);
      return;
    }
    const session = new AbortController();
    this.#session = session;
    this.#error = undefined;
    this.#setState('connecting');
    const opened = this.#sink.open();
    this.#watchAutoplay(session.signal).catch(() => undefined);
    this.#run(opened, session.signal).catch((error: unknown) => {
      if (!session.signal.aborted) this.#fail(toPlayerError(error, 'AudioOutput'));
    });
  }

  stop(): void {
    if (this.#session === undefined && this.#state !== 'failed') return;
    this.#end();
    this.#error = undefined;
    this.#setState('stopped');
  }

  setVolume(volume: number): void {
    this.#volume = checkedVolume(volume);
    this.#sink.setVolume(volume);
    this.#emitStats();
  }

  setQuality(quality: Quality): void {
    this.#quality.mode = quality;
  }

  async dispose(): Promise<void> {
    this.stop();
    await this.#sink.close();
  }

  async #run(opened: Promise<void>, signal: AbortSignal): Promise<void> {
    const follower = this.#createFollower();
    this.#follower = follower;
    const decoding = (this.#options.createDecoder ?? chooseDecoder)();
    const [decoder] = await Promise.all([decoding, opened]);
    signal.throwIfAborted();
    this.#sink.setVolume(this.#volume);
    this.#decoder = decoder;
    for await (const followed of follower.segments(signal)) {
      await this.#feed(followed, decoder, signal);
      while (this.#sink.bufferedFrames > MAX_BUFFERED_FRAMES) await this.#clock.sleep(ROOM_POLL_MS, signal);
    }
  }

  /** Browsers keep the output suspended, without an error, until a person has touched the page. */
  async #watchAutoplay(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(AUTOPLAY_GRACE_MS, signal);
    if (this.#sink.running) return;
    this.#fail(new PlayerError('AutoplayBlocked', 'the browser plays sound only after a click or a key press'));
  }

  #createFollower(): Follower {
    const { fetch, random, src, base } = this.#options;
    const page = typeof document === 'undefined' ? undefined : document.baseURI;
    const url = parseUrl(src, page);
    return new Follower({
      fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
      clock: this.#clock,
      random: random ?? Math.random,
      src: url.href,
      base: base === undefined ? new URL('.', url).href : directory(new URL(base, page ?? url)),
      revalidate: page === undefined ? 'header' : 'browser',
      quality: this.#quality,
      supports: (codec) => this.#decoder?.codecs.includes(codec) ?? true,
      nextStream: () => ++this.#streams,
      isSilent: () => this.#sink.bufferedFrames <= 0,
      onManifest: (manifest) => this.#nowPlaying.learn(manifest),
      onPolled: () => this.#onPolled(),
      onError: (error) => this.#onError(error),
      onRecovered: () => this.#onRecovered(),
    });
  }

  async #feed(followed: FollowedSegment, decoder: SegmentDecoder, signal: AbortSignal): Promise<void> {
    const { epoch, stream, index, rendition, segment } = followed;
    const { position } = segment;
    const entry: TimelineSegment = { epoch, stream, index, rendition, position, end: position + segment.frames };
    this.#timeline.add(entry);
    try {
      const verified = await feed(followed, decoder, this.#sink, signal);
      if (verified !== undefined) this.#onVerified(entry, verified);
    } catch (error) {
      signal.throwIfAborted();
      this.#onError(toPlayerError(error, 'DecodeFailed'));
    }
  }

  #onVerified(entry: TimelineSegment, verified: boolean): void {
    entry.verified = verified;
    if (verified) this.#verified++;
    else this.#mismatched++;
    if (!verified) {
      const message = `segment ${entry.index} does not decode to the samples that were captured`;
      this.#onError(new PlayerError('VerificationFailed', message));
    }
    if (entry === this.#audible) this.#events.emit('segment', entry);
  }

  #onPosition(position: SinkPosition): void {
    if (this.#session === undefined) return;
    const underruns = position.underruns - this.#sinkUnderruns;
    this.#sinkUnderruns = position.underruns;
    const onAir = this.#follower?.onAir ?? false;
    if (onAir) this.#underruns += underruns;
    this.#position = position.state === 'playing' ? position : undefined;
    this.#listen(position);
    if (position.state === 'playing') this.#setState('playing');
    else if (position.state === 'starved') this.#setState(onAir ? 'rebuffering' : 'offline');
    this.#emitStats();
  }

  #listen({ state, stream, frame }: SinkPosition): void {
    const segment = state === 'playing' ? this.#timeline.at(stream, frame) : undefined;
    if (segment === this.#audible) return;
    this.#audible = segment;
    if (segment !== undefined) this.#events.emit('segment', segment);
  }

  #onPolled(): void {
    if (this.#follower?.manifest === undefined) return;
    const { onAir } = this.#follower;
    if (!onAir && this.#sink.bufferedFrames <= 0) this.#setState('offline');
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
    this.#events.emit('error', error);
  }

  #onRecovered(): void {
    this.#error = undefined;
    this.#events.emit('recovered', undefined);
  }

  #fail(error: PlayerError): void {
    this.#end();
    this.#onError(error);
    this.#setState(error.severity === 'fatal' ? 'failed' : 'stopped');
  }

  #end(): void {
    this.#session?.abort(new DOMException('stopped', 'AbortError'));
    this.#session = undefined;
    this.#sink.stop();
    this.#timeline.clear();
    this.#position = undefined;
    this.#audible = undefined;
  }

  #setState(state: RadioState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#events.emit('state', state);
    this.#emitStats();
  }

  #emitStats(): void {
    this.#events.emit('stats', this.stats);
  }

  #latencySeconds(manifest: Manifest | undefined): number | undefined {
    const follower = this.#follower;
    const position = this.#position;
    if (manifest === undefined || follower === undefined || position === undefined) return undefined;
    if (this.#audible?.epoch !== manifest.epoch) return undefined;
    const heardAt = utcOfFrame(manifest, position.frame) - this.#sink.outputLatencyMs;
    return (follower.serverClock.now() - heardAt) / 1000;
  }
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
