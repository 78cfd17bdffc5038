import { MAX_TEXT_BYTES, type Manifest, type NowPlaying, utf8Length } from '@bucket-radio/manifest';
import { isObjectStoreError } from '@bucket-radio/object-store';
import type { EncodedSegment, PcmGap } from '@bucket-radio/pcm';
import { Announcer } from './announcer.ts';
import { BucketWriter } from './bucket-writer.ts';
import { Cleaner } from './cleaner.ts';
import { type PublisherClock, SteadyUtc, systemClock } from './clock.ts';
import { PublisherError } from './error.ts';
import type { PublisherEvent } from './events.ts';
import { type FoundManifest, ManifestFence, readManifest } from './fence.ts';
import { StateJournal, withWriter } from './journal.ts';
import { LiveWindow } from './live-window.ts';
import { KeyPacer } from './pacer.ts';
import { RENDITIONS } from './renditions.ts';
import { type ResolvedOptions, resolveOptions } from './resolve-options.ts';
import { retryDelayMs } from './retry.ts';
import { Spool } from './spool.ts';
import { sweepOrphans } from './sweep.ts';
import type { ToldPlaylists } from './told.ts';
import type { Publisher, PublisherOptions, PublisherStatus } from './types.ts';
import { Uploads } from './uploads.ts';

const DEFAULT_MANIFEST_INTERVAL_MS = 1000;
/** A bucket that does not answer within this does not keep a continuing station from capturing. */
const START_LOOK_MS = 2000;

/** @throws RangeError for a window below 3 segments or a negative grace */
export function createPublisher(options: PublisherOptions): Publisher {
  return new BucketPublisher(resolveOptions(options));
}

class BucketPublisher implements Publisher {
  readonly #options: ResolvedOptions;
  readonly #clock: PublisherClock;
  readonly #utc: SteadyUtc;
  /** UTC at which this run began. */
  readonly #startedMs: number;
  readonly #abort = new AbortController();
  readonly #journal: StateJournal;
  readonly #spool: Spool;
  readonly #window: LiveWindow;
  readonly #fence: ManifestFence;
  readonly #writer: BucketWriter;
  readonly #uploads: Uploads;
  readonly #announcer: Announcer;
  readonly #cleaner: Cleaner;
  readonly #counts = { published: 0, backfilled: 0, dropped: 0, failed: 0, swept: 0 };
  /** What an earlier run left, once it is known. */
  #found: FoundManifest | undefined;
  #ready: Promise<void> | undefined;
  #loaded: Promise<void> | undefined;
  #fenced: PublisherError | undefined;
  #announced: number;
  #confirmed = false;
  #sweeping: Promise<void> | undefined;
  #stopping = false;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    const { store, epoch, writer, lastWriters, segmentSeconds, firstIndex, epochFirstIndex, starts, random } = options;
    const clock = options.clock ?? systemClock;
    const signal = this.#abort.signal;
    const onEvent = (event: PublisherEvent): void => this.#emit(event);
    this.#clock = clock;
    this.#utc = new SteadyUtc(clock);
    this.#startedMs = this.#utc.now();
    this.#announced = firstIndex - 1;
    this.#journal = new StateJournal(options.stateFile, {
      version: 1,
      epoch,
      segmentSeconds,
      codecs: options.codecs ?? '',
      writers: withWriter(lastWriters, writer),
      starts,
      firstIndex: epochFirstIndex,
      lastIndex: firstIndex - 1,
      ...(options.nowPlaying === undefined ? {} : { nowPlaying: options.nowPlaying }),
    });
    this.#spool = new Spool({
      ...options.spoolLimits,
      epoch,
      firstIndex,
      reserved: async (index) => await this.#reserve(index),
      ...(options.spoolDirectory === undefined ? {} : { directory: options.spoolDirectory }),
      ...(options.disk === undefined ? {} : { disk: options.disk }),
      onDropped: (index, why) => this.#dropped(index, why),
      onDiskFailed: (error) => onEvent({ type: 'disk-failed', error }),
    });
    this.#window = new LiveWindow(options);
    const pacer = new KeyPacer(clock, options.minManifestIntervalMs ?? DEFAULT_MANIFEST_INTERVAL_MS);
    this.#fence = new ManifestFence({
      store,
      writer,
      lastWriters,
      pacer,
      clock,
      segmentSeconds,
      onUnconditional: () =>
        onEvent({
          type: 'notice',
          message: `${store.name} has no conditional writes: a second encoder is noticed one segment late`,
        }),
    });
    this.#writer = new BucketWriter({ store, epoch, pacer, mayWrite: async (abort) => await this.#mayWrite(abort) });
    const shared = { window: this.#window, writer: this.#writer, clock, utc: this.#utc, signal, onEvent, random };
    this.#cleaner = new Cleaner({ ...options, writer: this.#writer, window: this.#window, signal, onEvent });
    this.#announcer = new Announcer({
      ...shared,
      fence: this.#fence,
      pacer,
      onAnnounced: (manifest) => this.#onAnnounced(manifest),
      onWindow: (first) => this.#onWindow(first),
      onFenced: (error) => this.#onFenced(error),
    });
    this.#uploads = new Uploads({
      ...shared,
      spool: this.#spool,
      segmentSeconds,
      runFirstIndex: firstIndex,
      ready: async () => await this.#whenReady(),
      reserved: async (index) => await this.#reserve(index),
      onReadable: () => this.#announcer.request(),
    });
  }

  get status(): PublisherStatus {
    const indices = new Set<number>();
    let oldestQueuedUtcMs: number | undefined;
    for (const { index, rendition, utcMs } of this.#spool.objects) {
      indices.add(index);
      // lq is sent first: while it waits, nothing of the segment can be heard.
      if (rendition === 'lq') oldestQueuedUtcMs = Math.min(utcMs, oldestQueuedUtcMs ?? utcMs);
    }
    const { memoryBytes, peakMemoryBytes, diskBytes, bytes } = this.#spool;
    return {
      queuedSegments: indices.size,
      oldestQueuedIndex: indices.size === 0 ? undefined : Math.min(...indices),
      queuedBytes: bytes,
      oldestQueuedUtcMs,
      window: this.#window.range,
      spool: { memoryBytes, peakMemoryBytes, diskBytes },
      counts: { ...this.#counts },
      nowPlaying: this.#window.nowPlaying,
    };
  }

  async start(): Promise<void> {
    await this.#load();
    await this.#journal.save();
    const limit = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(START_LOOK_MS)]);
    const continues = this.#options.firstIndex !== this.#options.epochFirstIndex;
    try {
      await this.#adopt(continues ? limit : this.#abort.signal);
    } catch (error) {
      if (!continues || !isObjectStoreError(error)) throw error;
      this.#emit({ type: 'notice', message: `the bucket does not answer: segments wait on disk until it does` });
    }
    this.#uploads.wake();
  }

  enqueue(segment: EncodedSegment): void {
    if (this.#fenced !== undefined) return;
    this.#uploads.learnInit(segment);
    this.#spool.add(segment);
    this.#spool.dropBelow(segment.index - this.#options.windowSegments + 1);
    void this.#reserve(segment.index);
    if (RENDITIONS.every((rendition) => this.#spool.find(segment.index, rendition) !== undefined)) this.#uploads.wake();
  }

  async whenIdle(): Promise<void> {
    for (let busy = this.#busy(); busy.length > 0 && this.#fenced === undefined; busy = this.#busy()) {
      await Promise.allSettled(busy);
    }
  }

  addGap(gap: PcmGap): void {
    this.#window.addGap(gap);
  }

  setNowPlaying(nowPlaying: NowPlaying): void {
    for (const text of [nowPlaying.title, nowPlaying.artist ?? '', nowPlaying.album ?? '']) {
      if (utf8Length(text) > MAX_TEXT_BYTES)
        throw new RangeError(`a text of more than ${MAX_TEXT_BYTES} bytes: ${text}`);
    }
    this.#window.setNowPlaying(nowPlaying);
    this.#noteNowPlaying();
    if (!this.#window.isEmpty) this.#announcer.request();
  }

  async stop(timeoutMs: number): Promise<boolean> {
    const timer = new AbortController();
    this.#clock
      .sleep(timeoutMs, timer.signal)
      .then(() => this.#abort.abort(new Error('the station is stopping')))
      .catch(() => undefined);
    this.#stopping = true;
    this.#uploads.stop();
    try {
      await this.whenIdle();
      if (this.#fenced !== undefined) return true;
      await this.#sweeping;
      this.#abort.signal.throwIfAborted();
      await this.#goOffline();
      return true;
    } catch (error) {
      if (error instanceof PublisherError) this.#onFenced(error);
      if (!this.#abort.signal.aborted) throw error;
      return this.#fenced !== undefined;
    } finally {
      timer.abort();
      await Promise.all([this.#spool.flush(), this.#journal.flush()]);
    }
  }

  #busy(): Promise<unknown>[] {
    const parts = [...this.#uploads.running, this.#announcer.running, this.#cleaner.running];
    return parts.filter((part) => part !== undefined);
  }

  /** Reads the spool of an earlier run, once. */
  async #load(): Promise<void> {
    this.#loaded ??= (async () => {
      const { foreign } = await this.#spool.load();
      if (foreign > 0)
        this.#emit({
          type: 'notice',
          message: `${foreign} spooled objects of an earlier epoch were dropped; the archive has them`,
        });
    })();
    await this.#loaded;
  }

  /** Resolves when it is known what the bucket holds, however long that takes. */
  async #whenReady(): Promise<void> {
    this.#ready ??= this.#adoptPatiently();
    await this.#ready;
  }

  async #adoptPatiently(): Promise<void> {
    const { signal } = this.#abort;
    for (let failures = 0; ; failures++) {
      try {
        await this.#adopt(signal);
        return;
      } catch (error) {
        if (error instanceof PublisherError) this.#onFenced(error);
        signal.throwIfAborted();
        const retryInMs = retryDelayMs(failures, this.#options.random);
        this.#emit({ type: 'failed', index: this.#options.firstIndex, error, retryInMs });
        await this.#clock.sleep(retryInMs, signal);
      }
    }
  }

  /** Takes over the manifest, the window and the playlists of an earlier run, once. */
  async #adopt(signal: AbortSignal): Promise<void> {
    if (this.#found !== undefined) return;
    const { store, writer, lastWriters } = this.#options;
    const found = await readManifest(store, signal);
    const { manifest } = found;
    if (manifest?.writer !== undefined && manifest.writer !== writer && !lastWriters.includes(manifest.writer)) {
      throw new PublisherError(
        'Fenced',
        `another encoder (${manifest.writer}) publishes "${manifest.station}" in ${store.name}. Stop one of them, or start the second with --standby`,
      );
    }
    const playlists = manifest === undefined ? undefined : await this.#writer.readPlaylists(signal);
    const hours = manifest === undefined ? [] : await this.#writer.readHours(manifest, signal);
    if (this.#found !== undefined) return;
    this.#found = found;
    this.#fence.adopt(found);
    if (manifest === undefined || playlists === undefined) return;
    this.#window.adopt(manifest, playlists, hours);
    this.#adoptNowPlaying(manifest, playlists);
    const range = this.#window.range;
    if (range === undefined) return;
    const old = manifest.epoch === this.#options.epoch ? manifest.previous : manifest;
    this.#cleaner.adopt(range.first, old === undefined ? undefined : { epoch: old.epoch, latest: old.latest });
  }

  /** What was playing is still playing after a restart. After a stop longer than the window nobody knows. */
  #adoptNowPlaying(manifest: Manifest, { dateRanges }: ToldPlaylists): void {
    const { epoch, windowSegments, segmentSeconds, nowPlaying = manifest.nowPlaying } = this.#options;
    const silentMs = this.#startedMs - (manifest.latestStart + manifest.segmentSeconds * 1000);
    const isRecent = silentMs <= windowSegments * segmentSeconds * 1000;
    if (nowPlaying === undefined || manifest.epoch !== epoch) return;
    if (isRecent) this.#window.adoptNowPlaying(nowPlaying, dateRanges);
    this.#noteNowPlaying();
  }

  #noteNowPlaying(): void {
    this.#journal
      .noteNowPlaying(this.#window.nowPlaying)
      .catch((error: unknown) => this.#emit({ type: 'disk-failed', error }));
  }

  async #reserve(index: number): Promise<void> {
    try {
      await this.#journal.reserve(index);
    } catch (error) {
      this.#emit({ type: 'disk-failed', error });
    }
  }

  #onAnnounced(manifest: Manifest): void {
    for (const { index, rendition } of [...this.#spool.objects]) {
      if (index > manifest.latest || !this.#uploads.isUploaded(index, rendition)) continue;
      if (!this.#window.isMissing(index, rendition)) this.#spool.remove(index, rendition);
    }
    for (const { index, utcMs } of this.#window.segments) {
      if (index <= this.#announced || index > manifest.latest || this.#window.isMissing(index, 'lq')) continue;
      this.#emitPublished(index, utcMs);
    }
    this.#announced = Math.max(this.#announced, manifest.latest);
    if (!this.#confirmed) this.#confirm();
  }

  #emitPublished(index: number, utcMs: number): void {
    const frames = this.#options.segmentSeconds * 48_000;
    const bytes = this.#uploads.bytes(index);
    const segment = { index, position: index * frames, frames, utcMs, bytes, visibleAtMs: this.#utc.now() };
    const startedMs = this.#uploads.startedMs(index) ?? this.#clock.monotonicMs();
    this.#emit({ type: 'published', segment, putMs: this.#clock.monotonicMs() - startedMs });
  }

  /** The first manifest of this run is in the bucket: the fence is held. */
  #confirm(): void {
    this.#confirmed = true;
    this.#journal.confirm(this.#options.writer).catch((error: unknown) => this.#emit({ type: 'disk-failed', error }));
  }

  #onWindow(first: number): void {
    this.#cleaner.windowTold(first);
    this.#uploads.forgetBelow(first);
    if (this.#sweeping === undefined && !this.#stopping) this.#sweeping = this.#sweep();
  }

  async #sweep(): Promise<void> {
    const { store, epoch, segmentSeconds } = this.#options;
    try {
      const objects = await sweepOrphans({
        store,
        epoch,
        segmentSeconds,
        keepFrom: () => this.#cleaner.keepFrom,
        keepsHour: (indexEpoch, hour) => this.#window.hasHour(indexEpoch, hour),
        previousEpoch: this.#cleaner.previousEpoch,
        verifyFence: async () => await this.#fence.verify(this.#abort.signal),
        signal: this.#abort.signal,
      });
      if (objects > 0) this.#emit({ type: 'swept', objects });
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#emit({ type: 'cleanup-failed', error });
    }
  }

  async #mayWrite(signal: AbortSignal): Promise<void> {
    try {
      await this.#fence.confirm(signal);
    } catch (error) {
      if (error instanceof PublisherError) this.#onFenced(error);
      throw error;
    }
  }

  #onFenced(error: PublisherError): void {
    if (this.#fenced !== undefined) return;
    this.#fenced = error;
    this.#abort.abort(error);
    this.#emit({ type: 'fenced', error });
  }

  #dropped(index: number, why: Extract<PublisherEvent, { type: 'dropped' }>['why']): void {
    const heard = index <= this.#window.latest && !this.#window.isMissing(index, 'lq');
    this.#emit({ type: 'dropped', index, why, ...(heard ? { rendition: 'hq' as const } : {}) });
  }

  async #goOffline(): Promise<void> {
    await this.#adopt(this.#abort.signal);
    if (this.#window.manifest(false, 0) !== undefined) {
      await this.#announcer.sayOffline();
      await this.#cleaner.running;
      this.#cleaner.windowTold(this.#window.range?.first ?? 0, 0);
      await this.#cleaner.running;
    } else if (this.#found?.manifest?.live === true) {
      // Nothing of ours is in the bucket; an earlier run that was killed still says live.
      const { writer } = this.#options;
      await this.#fence.write({ ...this.#found.manifest, live: false, writer }, this.#abort.signal);
    }
    this.#emit({ type: 'offline', latest: this.#window.range?.latest });
  }

  #emit(event: PublisherEvent): void {
    const { type } = event;
    if (type === 'published' || type === 'backfilled' || type === 'dropped' || type === 'failed')
      this.#counts[type] += 1;
    if (type === 'swept') this.#counts.swept += event.objects;
    this.#options.onEvent?.(event);
  }
}
