import type { CaptureStats } from '@bucket-radio/capture';
import { type ObjectStore, withMetrics } from '@bucket-radio/object-store';
import { type PcmBlock, samplesOf } from '@bucket-radio/pcm';
import type { PublisherStatus } from '@bucket-radio/publisher';
import { AlertBoard } from '../alerts/board.ts';
import { runAlertCommand } from '../alerts/command.ts';
import { AlertSender, type AlertSink } from '../alerts/sender.ts';
import { sendWebhook } from '../alerts/webhook.ts';
import type { StationConfig } from '../config/settings.ts';
import { R2_PRICES } from '../cost/prices.ts';
import { SignalGuard } from '../guard/guard.ts';
import { SIGNAL_KINDS } from '../guard/rules.ts';
import type { Logger } from '../log.ts';
import type { LogLine, LogTail } from '../log-tail.ts';
import { Meters } from '../meters/meters.ts';
import { MonitorFeed, type Title } from '../monitor/feed.ts';
import type { MonitorDesk } from '../monitor/server.ts';
import type { Levels, StationStatus } from '../status.ts';
import { History } from './history.ts';
import type { MonitorStatus, OnAir } from './monitor-status.ts';
import { Spectrum } from './spectrum.ts';
import { StoreMeter } from './store-meter.ts';
import { onItsWay, PutTracker } from './timeline.ts';
import { StationWatch } from './watch.ts';

/** What the desk asks of a station on air. */
export interface DeskRun {
  status(): StationStatus;
  captureStats(): CaptureStats;
  publisherStatus(): PublisherStatus;
  /** @returns false before it is on air */
  nowPlaying(title: Title): boolean;
  /** Marks this moment in the recording. @returns false when nothing is recorded */
  cue(title: Title): boolean;
  /** Ends capture; the run ends by itself then. */
  stop(): void;
}

export interface DeskOptions {
  readonly config: StationConfig;
  readonly log: Logger;
  readonly tail: LogTail;
}

/** The meters move this often. */
const BLOCKS_PER_LEVEL = 2;
const BLOCKS_PER_SPECTRUM = 4;
/** Both renditions at their largest (see `radio cost`). */
const NEEDED_BPS = 310_000 * 8;
const MONTH_SECONDS = 30 * 86_400;
/** After less time a month is a guess. */
const MIN_COST_SECONDS = 60;

/** Everything the person at the box sees and is told, whichever station run is on air. */
export class Desk implements MonitorDesk {
  readonly feed: MonitorFeed = new MonitorFeed();
  readonly alerts: AlertBoard;
  readonly history: History = new History();
  onAir: OnAir = 'starting';
  readonly #options: DeskOptions;
  readonly #senders: readonly AlertSender[];
  readonly #store = new StoreMeter();
  readonly #puts = new PutTracker();
  readonly #watch: StationWatch;
  readonly #startedMs = performance.now();
  #meters = new Meters();
  #guard: SignalGuard | undefined;
  readonly #spectrum = new Spectrum();
  #levels: Levels | undefined;
  #blocks = 0;
  #run: DeskRun | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #startWanted: (() => void) | undefined;

  constructor(options: DeskOptions) {
    this.#options = options;
    const { log, tail } = options;
    this.#senders = alertSinks(options.config).map((sink) => new AlertSender({ sink, log }));
    this.alerts = new AlertBoard({
      onChange: (alert) => {
        if (alert.state === 'raised') log.warn(`${alert.message}; ${alert.remedy}`);
        else log.info(alert.message);
        for (const sender of this.#senders) sender.send(alert);
        this.feed.emit('alert', alert);
      },
    });
    this.#watch = new StationWatch((finding) => this.alerts.report(finding));
    tail.onLine = (line) => this.feed.emit('log', line);
  }

  /** Starts looking once a second. */
  open(): void {
    this.#timer = setInterval(() => this.#second(), 1000);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const sender of this.#senders) sender.close();
    this.#options.tail.onLine = undefined;
  }

  /** The same store; the desk sees what it is asked and how it answers. */
  watchStore(store: ObjectStore): ObjectStore {
    const onCall = (metric: Parameters<StoreMeter['add']>[0]): void => {
      this.#store.add(metric);
      this.#puts.ended(metric);
    };
    return this.#puts.watch(withMetrics(store, { onCall }));
  }

  /** A run begins: its first block is the next one. */
  begin(run: DeskRun): void {
    const { silenceDbfs, silenceSeconds } = this.#options.config;
    const { bitDepth } = run.status().source;
    this.#run = run;
    this.#guard = new SignalGuard({ silenceDbfs, silenceSeconds, bitDepth }, (finding) => this.alerts.report(finding));
    this.#meters = new Meters();
    this.onAir = 'on';
    this.emitStatus();
  }

  /** Takes every block of the station. */
  add(block: PcmBlock): void {
    this.#meters.add(block);
    this.#guard?.add(block);
    this.#blocks += 1;
    if (this.#blocks % BLOCKS_PER_LEVEL !== 0) return;
    const levels = this.#meters.take();
    this.#levels = levels;
    this.history.levels(levels);
    this.feed.emit('levels', levels);
  }

  /** Between two blocks: what only an open page needs. */
  addForPages(block: PcmBlock): void {
    if (!this.feed.hasSubscribers) return;
    this.#spectrum.add(samplesOf(block));
    if (this.#blocks % BLOCKS_PER_SPECTRUM === 0) this.feed.emit('spectrum', this.#spectrum.bands());
  }

  emitStatus(): void {
    this.feed.emit('status', this.status());
  }

  /** The newest levels; `undefined` before the first. */
  get levels(): Levels | undefined {
    return this.#levels;
  }

  get logLines(): readonly LogLine[] {
    return this.#options.tail.lines;
  }

  resetLoudness(): void {
    this.#meters.reset();
  }

  nowPlaying(title: Title): boolean {
    return this.#run?.nowPlaying(title) === true;
  }

  cue(title: Title): boolean {
    return this.onAir === 'on' && (this.#run?.cue(title) ?? false);
  }

  /** Takes the station off the air; the process and this desk stay. @returns false unless it is on air */
  stop(): boolean {
    if (this.onAir !== 'on' || this.#run === undefined) return false;
    this.onAir = 'stopping';
    this.#options.log.info('off the air: stopped from the monitor');
    this.#run.stop();
    this.emitStatus();
    return true;
  }

  /** Puts a station that was stopped back on the air. @returns false unless it is off */
  start(): boolean {
    if (this.onAir !== 'off' || this.#startWanted === undefined) return false;
    this.onAir = 'starting';
    this.emitStatus();
    this.#startWanted();
    return true;
  }

  /** The run has ended because somebody stopped it here: resolves when somebody starts it, or with false on `signal`. */
  async whenStarted(signal: AbortSignal): Promise<boolean> {
    this.onAir = 'off';
    this.alerts.clearAll(SIGNAL_KINDS, 'off the air');
    this.emitStatus();
    return await new Promise((resolve) => {
      const done = (started: boolean) => (): void => {
        this.#startWanted = undefined;
        resolve(started);
      };
      this.#startWanted = done(true);
      signal.addEventListener('abort', done(false), { once: true });
      if (signal.aborted) resolve(false);
    });
  }

  status(): MonitorStatus | null {
    const run = this.#run;
    if (run === undefined) return null;
    const { segments, ...status } = run.status();
    const { state, xruns, clockPpm, trueBitDepth, ntp } = run.captureStats();
    const { spool, counts, nowPlaying, oldestQueuedUtcMs } = run.publisherStatus();
    const storage = this.#store.health;
    const onTheirWay = segments.map((segment) => onItsWay(segment, this.#puts, status.window));
    const configured = this.#options.config.uplinkMbps;
    return {
      ...status,
      onAir: this.onAir,
      segments: onTheirWay,
      capture: { state, xruns, clockPpm, trueBitDepth, ntp },
      spool: {
        memoryBytes: spool.memoryBytes,
        diskBytes: spool.diskBytes,
        oldestSeconds: oldestSeconds(oldestQueuedUtcMs, status.segmentSeconds),
      },
      counts,
      storage,
      uplink: {
        usedBps: storage.sentBps,
        neededBps: NEEDED_BPS,
        availableBps: configured === undefined ? storage.seenBps : configured * 1e6,
        availableIs: configured === undefined ? 'seen' : 'configured',
      },
      cost: status.store.kind === 's3' ? this.#cost() : null,
      alerts: { active: this.alerts.active, past: this.alerts.past, raised: this.alerts.raised },
      nowPlaying: nowPlaying === undefined ? null : titleOf(nowPlaying),
      process: processStatus(),
    };
  }

  #cost(): MonitorStatus['cost'] {
    const seconds = (performance.now() - this.#startedMs) / 1000;
    if (seconds < MIN_COST_SECONDS) return null;
    const { requests } = this.#store.health;
    const [writes, reads] = [requests.writes, requests.reads].map((count) => (count / seconds) * MONTH_SECONDS);
    const paid = (count = 0, free = 0): number => Math.max(0, count - free) / 1e6;
    const { free, classAPerMillion, classBPerMillion, name, date } = R2_PRICES;
    const dollars = paid(writes, free.classA) * classAPerMillion + paid(reads, free.classB) * classBPerMillion;
    return { writes: writes ?? 0, reads: reads ?? 0, dollars, prices: `${name}, ${date}` };
  }

  #second(): void {
    const status = this.status();
    if (status === null) return;
    if (this.onAir === 'on') this.#watch.look(status);
    const minute = this.history.second(status, Date.now());
    if (minute !== undefined) this.feed.emit('minute', minute);
    this.feed.emit('status', status);
  }
}

/** How long the oldest segment has waited, since its end, that nobody can hear yet. */
function oldestSeconds(utcMs: number | undefined, segmentSeconds: number): number {
  return utcMs === undefined ? 0 : Math.max(0, (Date.now() - utcMs) / 1000 - segmentSeconds);
}

function processStatus(): MonitorStatus['process'] {
  const { user, system } = process.cpuUsage();
  return {
    uptimeSeconds: Math.round(process.uptime()),
    rssBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
  };
}

function alertSinks({ station, alertWebhook, alertWebhookSecret, alertCommand }: StationConfig): AlertSink[] {
  const sinks: AlertSink[] = [];
  if (alertWebhook !== undefined) {
    const secret = alertWebhookSecret === undefined ? {} : { secret: alertWebhookSecret };
    const send: AlertSink['send'] = async (alert) =>
      await sendWebhook(alert, { url: alertWebhook, station, ...secret });
    sinks.push({ name: 'the alert webhook', send });
  }
  if (alertCommand !== undefined) {
    const send: AlertSink['send'] = async (alert) => await runAlertCommand(alert, { command: alertCommand, station });
    sinks.push({ name: 'the alert command', send });
  }
  return sinks;
}

function titleOf({ frame: _, ...title }: NonNullable<PublisherStatus['nowPlaying']>): Title {
  return title;
}
