import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CaptureSource, openSource } from '@bucket-radio/capture';
import { createFlacEncoder, createOpusEncoder, createSegmentMuxer, type OpusEncoder } from '@bucket-radio/encoders';
import { framesToMs, msToFrames, segmentFrames } from '@bucket-radio/pcm';
import {
  createPublisher,
  type Publisher,
  type PublisherError,
  type PublisherEvent,
  type PublisherStatus,
  planRun,
  type RunPlan,
} from '@bucket-radio/publisher';
import { createSegmenter } from '@bucket-radio/segmenter';
import type { StationConfig } from './config/settings.ts';
import { Desk, type DeskRun } from './desk/desk.ts';
import { type Listener, listen } from './http/listen.ts';
import { createOrigin } from './http/origin.ts';
import { stationLinks } from './links.ts';
import type { Logger } from './log.ts';
import { LogTail } from './log-tail.ts';
import { monitorFiles } from './monitor/bundle.ts';
import type { Title } from './monitor/feed.ts';
import { createMonitor } from './monitor/server.ts';
import { watchNowPlaying } from './now-playing-file.ts';
import { runPipeline, type Stages } from './pipeline.ts';
import { logPublisherEvent } from './publisher-log.ts';
import { StationRecordings } from './recordings/station-recordings.ts';
import { StationState } from './station-state.ts';
import { StopTasks } from './stop-tasks.ts';
import { EMBEDDED_BUCKET, openStore, type StationStore } from './store.ts';

/** How long a stop waits for the bucket before it gives up. */
const PUBLISHER_STOP_TIMEOUT_MS = 20_000;

/** A running station. */
export interface Station {
  /**
   * Resolves when the station has stopped, because its source ended or its signal was aborted: everything captured is
   * archived and the bucket says `"live": false`. Rejects, after the same, when the source failed.
   */
  readonly ended: Promise<void>;
  /** What a stop still waits for, by name. */
  readonly unfinished: readonly string[];
}

/** The station stopped without its bucket: listeners may still see it live. What waits is published by the next start. */
export class StopError extends Error {
  override readonly name = 'StopError';
}

/**
 * Starts everything: addresses first, then the bucket, the source and the encoders, so that what cannot work is said
 * before anything is written.
 * @throws ListenError, ObjectStoreError, CaptureError: one line each
 */
export async function startStation(
  config: StationConfig,
  log: Logger,
  signal: AbortSignal,
  tail: LogTail = new LogTail(),
): Promise<Station> {
  const opened = new AsyncDisposableStack();
  try {
    return await open({ config, log, signal, tail }, opened);
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

interface StationContext {
  readonly config: StationConfig;
  readonly log: Logger;
  /** Ends capture. */
  readonly signal: AbortSignal;
  /** The last lines of `log`, for the monitor. */
  readonly tail: LogTail;
}

async function open(context: StationContext, opened: AsyncDisposableStack): Promise<Station> {
  const { config, log } = context;
  const desk = new Desk({ config, log, tail: context.tail });
  opened.defer(async () => desk.close());
  const monitor = createMonitor({
    desk,
    files: monitorFiles,
    access: { host: config.monitorHost, ...(config.monitorToken === undefined ? {} : { token: config.monitorToken }) },
    bucketOrigin: new URL(stationLinks(config).manifest).origin,
  });
  opened.defer(closing(await listen(monitor, monitorAddress(config))));
  const store = await openStore(config, { wasOnAir: existsSync(stateFile(config.dataDir)), log });
  opened.defer(async () => store.close());
  if (store.kind === 'directory') {
    const origin = createOrigin(store.bucket, EMBEDDED_BUCKET);
    opened.defer(closing(await listen(origin, originAddress(config))));
  }
  desk.open();
  const openNext = async (): Promise<RunningStation> => await openRun({ ...context, desk, store });
  return keepOnAir({ ...context, desk, openNext }, await openNext(), opened);
}

interface DeskContext extends StationContext {
  readonly desk: Desk;
}

/** One run, on air: from here until it is stopped. */
async function openRun(context: DeskContext & { readonly store: StationStore }): Promise<RunningStation> {
  const { config, log, store, desk } = context;
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  let running: RunningStation | undefined;
  const plan = await planStationRun(context, store);
  const source = await openSource(config.source ?? defaultSource(config), {
    fast: config.fast,
    onMessage: (line) => log.warn(line),
    ...(config.captureDeviceName === undefined ? {} : { device: config.captureDeviceName }),
    ...(config.channels === undefined ? {} : { channels: config.channels }),
  });
  const recordings = await StationRecordings.open({
    config,
    log,
    source: source.info,
    onAlarm: (message) => running?.alarm(message),
    isLiveBehind: () => running?.isBehind() ?? false,
  });
  running = await RunningStation.create({
    ...context,
    signal,
    stop,
    stationSignal: context.signal,
    store: { ...store, station: desk.watchStore(store.station) },
    plan,
    source,
    recordings,
  });
  await running.start();
  return running;
}

/** Runs one after the other, as the desk stops and starts them; the last one ends the station. */
function keepOnAir(
  { desk, log, signal, openNext }: DeskContext & { readonly openNext: () => Promise<RunningStation> },
  first: RunningStation,
  opened: AsyncDisposableStack,
): Station {
  let running = first;
  const tasks = new StopTasks();
  const next = async (): Promise<RunningStation | undefined> => {
    while (await desk.whenStarted(signal)) {
      try {
        return await openNext();
      } catch (error) {
        log.error(`not on air: ${messageOf(error)}`);
      }
    }
    return undefined;
  };
  const ended = async (): Promise<void> => {
    try {
      for (let run: RunningStation | undefined = first; run !== undefined; ) {
        running = run;
        await run.ended;
        if (!run.stoppedByDesk) return;
        run = await next();
      }
    } finally {
      await tasks.run(
        () => 'open connections to the monitor or the embedded bucket',
        async () => await opened.disposeAsync(),
      );
    }
  };
  return {
    ended: ended(),
    get unfinished() {
      return [...running.unfinished, ...tasks.unfinished];
    },
  };
}

/** The init segments in words: another text begins another epoch. */
const CODECS = 'flac/48000/2/24 opus/48000/2';

/** Where the segments of this run are numbered from. With `--standby` this lasts until the encoder on air falls silent. */
async function planStationRun({ config, log, signal }: StationContext, store: StationStore): Promise<RunPlan> {
  const { dataDir, segmentSeconds, standby } = config;
  const plan = await planRun({
    store: store.station,
    stateFile: stateFile(dataDir),
    segmentSeconds,
    codecs: CODECS,
    standby,
    signal,
    onMessage: (line) => log.warn(line),
  });
  log.info(`epoch ${plan.epoch} (${plan.reason}), from segment ${plan.firstIndex}`);
  return plan;
}

function stateFile(dataDir: string): string {
  return join(dataDir, 'publisher-state.json');
}

/** A named sound card is captured; without one, the station plays its own music. */
function defaultSource({ captureDeviceName }: StationConfig): string {
  return captureDeviceName === undefined ? 'demo' : 'alsa';
}

function closing(listener: Listener): () => Promise<void> {
  return async () => await listener.close();
}

function monitorAddress({ monitorHost: host, monitorPort: port }: StationConfig): Parameters<typeof listen>[1] {
  return { host, port, what: 'the monitor', variable: 'RADIO_MONITOR_PORT' };
}

function originAddress({ host, originPort }: StationConfig): Parameters<typeof listen>[1] {
  return { host, port: originPort, what: 'the embedded bucket', variable: 'RADIO_ORIGIN_PORT' };
}

interface StationParts extends DeskContext {
  /** Ends this run only. */
  readonly stop: AbortController;
  /** Ends the station. */
  readonly stationSignal: AbortSignal;
  readonly store: StationStore;
  readonly plan: RunPlan;
  readonly source: CaptureSource;
  /** Absent when nothing is recorded. */
  readonly recordings: StationRecordings | undefined;
}

class RunningStation implements DeskRun {
  readonly #parts: StationParts;
  readonly #state: StationState;
  readonly #stages: Stages;
  #ended: Promise<void> = Promise.resolve();
  #nextFrame: number;
  /** Ends capture when another encoder has the station. */
  readonly #fence = new AbortController();
  /** This run has captured its last frame. */
  readonly #over = new AbortController();
  #fenced: PublisherError | undefined;
  readonly #tasks = new StopTasks();

  private constructor(parts: StationParts, state: StationState, makeStages: (station: RunningStation) => Stages) {
    this.#parts = parts;
    this.#nextFrame = parts.plan.firstIndex * segmentFrames(parts.config.segmentSeconds);
    this.#state = state;
    this.#stages = makeStages(this);
  }

  static async create(parts: StationParts): Promise<RunningStation> {
    const { config, source, store, log, plan, recordings } = parts;
    const { segmentSeconds, encoderBackend: backend } = config;
    const { epoch } = plan;
    const createFlac = () => createFlacEncoder({ level: config.flacLevel, backend });
    const probe = await createFlac();
    const flac = { backend: probe.backend, header: probe.header };
    probe.finish();
    const framesPerSegment = segmentFrames(segmentSeconds);
    const opus: OpusEncoder = await createOpusEncoder({
      bitrate: config.opusBitrate,
      backend,
      segmentFrames: framesPerSegment,
    });
    const facts = {
      station: config.station,
      epoch,
      startedAtMs: Date.now(),
      segmentSeconds,
      backends: { flac: flac.backend, opus: opus.backend },
      store: { kind: store.kind, name: store.bucket.name, clock: null },
      links: stationLinks(config),
    };
    log.info(`encoders: flac: ${flac.backend}, opus: ${opus.backend}`);
    return new RunningStation(parts, new StationState(facts, source.info), (station) => ({
      source,
      segmenter: createSegmenter({ segmentSeconds, startFrame: plan.firstIndex * framesPerSegment }),
      createFlac,
      opus,
      hq: createSegmentMuxer({ rendition: 'hq', epoch, segmentSeconds, flacHeader: flac.header }),
      lq: createSegmentMuxer({ rendition: 'lq', epoch, segmentSeconds }),
      archive: recordings?.archive,
      publisher: station.#createPublisher(),
      meter: parts.desk,
    }));
  }

  status(): ReturnType<StationState['status']> {
    const status = this.#state.status(this.#stages.publisher.status, this.#stages.archive?.status);
    return { ...status, store: { ...status.store, clock: this.#parts.store.clock() ?? null } };
  }

  /** Something a person should know; the stream goes on. */
  alarm(message: string): void {
    this.#parts.log.error(message);
    this.#state.failed(message);
    this.#parts.desk.emitStatus();
  }

  /** Whether segments wait for the bucket: more than the one on its way. */
  isBehind(): boolean {
    return this.#stages.publisher.status.queuedSegments > 1;
  }

  /** What was captured since `agoMs` ago, and is from now on, is `title`. */
  nowPlaying(title: Title, agoMs = 0): boolean {
    if (this.#state.state !== 'live') return false;
    const frame = Math.max(this.#firstFrame, this.#nextFrame - msToFrames(agoMs));
    this.#stages.publisher.setNowPlaying({ frame, ...title });
    this.#parts.recordings?.noteCue(frame, title);
    return true;
  }

  /** Marks this moment in the recording. @returns whether there is one */
  cue(title: Title): boolean {
    const { recordings } = this.#parts;
    if (recordings?.archive.status.state !== 'recording') return false;
    recordings.noteCue(this.#nextFrame, title);
    return true;
  }

  get #firstFrame(): number {
    const { plan, config } = this.#parts;
    return plan.firstIndex * segmentFrames(config.segmentSeconds);
  }

  captureStats(): ReturnType<DeskRun['captureStats']> {
    return this.#parts.source.stats();
  }

  publisherStatus(): PublisherStatus {
    return this.#stages.publisher.status;
  }

  /** Resolves when everything captured is archived and the bucket says so; rejects, after the same, on a failure. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Whether the desk took it off the air, rather than its source, a failure or the end of the process. */
  get stoppedByDesk(): boolean {
    const { stop, stationSignal } = this.#parts;
    return stop.signal.aborted && !stationSignal.aborted;
  }

  get unfinished(): readonly string[] {
    return this.#tasks.unfinished;
  }

  stop(): void {
    this.#parts.stop.abort();
  }

  async start(): Promise<void> {
    await this.#stages.publisher.start();
    await this.#parts.recordings?.start();
    const { source, log, desk } = this.#parts;
    log.info(`capturing ${source.info.detail} (${source.info.fidelity})`);
    this.#state.state = 'live';
    desk.begin(this);
    this.#followNowPlaying();
    this.#ended = this.#run();
    this.#ended.catch(() => undefined);
  }

  #followNowPlaying(): void {
    const { config, signal, log } = this.#parts;
    const { nowPlayingFile } = config;
    if (nowPlayingFile === undefined) return;
    void watchNowPlaying({
      file: nowPlayingFile,
      signal: AbortSignal.any([signal, this.#over.signal]),
      onTitle: (title, agoMs) => this.nowPlaying(title, agoMs),
      onProblem: (message) => log.warn(message),
    });
  }

  async #run(): Promise<void> {
    try {
      const { nextFrame } = await this.#tasks.run(
        () => `capture from ${this.#parts.source.info.name}`,
        async () => await this.#capture(),
      );
      this.#reportPartialSegment(nextFrame);
    } catch (error) {
      const problem = await this.#close();
      if (problem !== undefined) this.#parts.log.error(problem.message);
      throw error;
    }
    const problem = await this.#close();
    if (this.#fenced !== undefined) throw this.#fenced;
    if (problem !== undefined) throw problem;
  }

  async #capture(): Promise<{ readonly nextFrame: number }> {
    const { config, source, signal, recordings } = this.#parts;
    return await runPipeline(this.#stages, {
      station: config.station,
      startFrame: this.#firstFrame,
      signal: AbortSignal.any([signal, this.#fence.signal]),
      sourceWaits: config.fast && !source.info.live,
      isRecordingWanted: () => recordings?.isWanted() ?? false,
      onChunk: (chunk) => {
        this.#state.captured(chunk);
        this.#nextFrame = chunk.position + chunk.frames;
        for (const gap of chunk.gaps ?? []) this.#stages.publisher.addGap(gap);
        recordings?.noteGaps(chunk.gaps ?? []);
      },
      onBlock: (block) => this.#parts.desk.addForPages(block),
      onSegment: (segment) => this.#state.encoded(segment),
    });
  }

  /** @returns why the bucket may still say live */
  async #close(): Promise<StopError | undefined> {
    const { publisher, archive } = this.#stages;
    this.#over.abort();
    this.#state.state = 'stopping';
    this.#parts.desk.emitStatus();
    // The archive is finished whatever becomes of the bucket.
    const [offline] = await Promise.allSettled([
      this.#tasks.run(
        () => `the bucket (${publisher.status.queuedSegments} segments wait)`,
        async () => await publisher.stop(PUBLISHER_STOP_TIMEOUT_MS),
      ),
      this.#tasks.run(
        () => `the archive (${archive?.status.file ?? 'no file'})`,
        async () => await this.#parts.recordings?.stop(),
      ),
    ]);
    const waits = `the bucket may still say live; ${publisher.status.queuedSegments} segments wait for the next start`;
    if (offline.status === 'rejected') return new StopError(`${messageOf(offline.reason)}: ${waits}`);
    if (offline.value) return undefined;
    return new StopError(`the bucket did not answer within ${PUBLISHER_STOP_TIMEOUT_MS / 1000} s: ${waits}`);
  }

  #createPublisher(): Publisher {
    const { config, source, store, plan } = this.#parts;
    return createPublisher({
      ...plan,
      store: store.station,
      station: config.station,
      codecs: CODECS,
      stateFile: stateFile(config.dataDir),
      spoolDirectory: join(config.dataDir, 'spool'),
      spoolLimits: { maxDiskBytes: config.spoolMaxBytes, minFreeBytes: config.spoolMinFreeBytes },
      // Only a remote bucket limits how often one key is written.
      ...(store.kind === 'directory' ? { minManifestIntervalMs: 0 } : {}),
      segmentSeconds: config.segmentSeconds,
      fidelity: source.info.fidelity,
      deleteGraceSegments: config.deleteGraceSegments,
      ...(config.windowSegments === undefined ? {} : { windowSegments: config.windowSegments }),
      onEvent: (event) => this.#published(event),
    });
  }

  #published(event: PublisherEvent): void {
    const { desk } = this.#parts;
    logPublisherEvent(this.#parts.log, event);
    if (event.type === 'fenced') {
      this.#fenced = event.error;
      this.#fence.abort();
    }
    if (event.type === 'published') this.#parts.recordings?.published();
    const segment = this.#state.published(event);
    if (segment !== undefined) desk.feed.emit('segment', segment);
  }

  /** The last frames of a run make no whole segment: listeners never get them, the archive has them. */
  #reportPartialSegment(nextFrame: number): void {
    const { config, log } = this.#parts;
    const frames = segmentFrames(config.segmentSeconds);
    const rest = nextFrame % frames;
    if (rest === 0) return;
    const index = Math.floor(nextFrame / frames);
    const archived = this.#stages.archive !== undefined && this.#stages.archive.status.state !== 'failed';
    const kept = archived ? 'in the archive' : 'not kept';
    log.info(`segment ${index} not published: ${rest} frames (${framesToMs(rest).toFixed(0)} ms), ${kept}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
