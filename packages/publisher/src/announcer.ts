import { MANIFEST_KEY, type Manifest } from '@bucket-radio/manifest';
import type { BucketWriter } from './bucket-writer.ts';
import type { PublisherClock, SteadyUtc } from './clock.ts';
import { PublisherError } from './error.ts';
import type { PublisherEvent } from './events.ts';
import type { ManifestFence } from './fence.ts';
import type { LiveWindow } from './live-window.ts';
import type { KeyPacer } from './pacer.ts';
import { retryDelayMs } from './retry.ts';

export interface AnnouncerOptions {
  readonly window: LiveWindow;
  readonly fence: ManifestFence;
  readonly writer: BucketWriter;
  readonly clock: PublisherClock;
  readonly utc: SteadyUtc;
  readonly pacer: KeyPacer;
  readonly signal: AbortSignal;
  /** Spreads retries. */
  readonly random: () => number;
  readonly onEvent: (event: PublisherEvent) => void;
  /** The manifest is in the bucket: what it names is public from now on. */
  readonly onAnnounced: (manifest: Manifest) => void;
  /** Manifest and playlists are in the bucket: what they do not name may go. */
  readonly onWindow: (first: number) => void;
  readonly onFenced: (error: PublisherError) => void;
}

/** A manifest that waits longer than this for its turn is late. */
const LATE_MS = 200;
const MAX_LATE_IN_A_ROW = 3;

/**
 * Tells listeners what is readable: the hours a manifest relies on, the manifest, then playlists, each key no more often than the store takes it.
 * What happens between two writes is told by the second: a burst of segments costs one manifest.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  #dirty = false;
  #running: Promise<void> | undefined;
  #failures = 0;
  #lateInARow = 0;
  #onRequest: () => void = () => undefined;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Settles when nothing waits to be told; `undefined` when nothing does. Never rejects. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Something changed that listeners must know. */
  request(): void {
    this.#dirty = true;
    this.#onRequest();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Writes the last manifest of a run. */
  async sayOffline(): Promise<void> {
    const { pacer, signal } = this.#options;
    await pacer.ready(MANIFEST_KEY, signal);
    await this.#write(false);
  }

  async #run(): Promise<void> {
    const { signal, clock, window, onEvent, onFenced } = this.#options;
    while (this.#dirty && !signal.aborted) {
      try {
        await this.#mayWrite();
        this.#dirty = false;
        await this.#write(true);
        this.#failures = 0;
      } catch (error) {
        if (error instanceof PublisherError) onFenced(error);
        if (signal.aborted) return;
        this.#dirty = true;
        const retryInMs = retryDelayMs(this.#failures++, this.#options.random);
        onEvent({ type: 'failed', index: window.latest, error, retryInMs });
        await clock.sleep(retryInMs, signal).catch(() => undefined);
      }
    }
  }

  /**
   * Waits before the manifest is composed, so that it says what is true when it is written. Where segments come as often
   * as a key may be written, one late write would make all later ones late: after a few of them one is left out, and the
   * next is written with its segment again.
   */
  async #mayWrite(): Promise<void> {
    const { pacer, signal } = this.#options;
    this.#lateInARow = pacer.waitMs(MANIFEST_KEY) > LATE_MS ? this.#lateInARow + 1 : 0;
    if (this.#lateInARow >= MAX_LATE_IN_A_ROW) {
      this.#lateInARow = 0;
      await this.#nextRequest(pacer.minIntervalMs);
    }
    await pacer.ready(MANIFEST_KEY, signal);
  }

  /** Resolves with the next request, or after `maxMs`. */
  async #nextRequest(maxMs: number): Promise<void> {
    const { clock, signal } = this.#options;
    const over = new AbortController();
    const requested = new Promise<void>((resolve) => {
      this.#onRequest = resolve;
    });
    const late = clock.sleep(maxMs, AbortSignal.any([signal, over.signal])).catch(() => undefined);
    await Promise.race([requested, late]);
    over.abort();
  }

  async #write(live: boolean): Promise<void> {
    const { window, fence, writer, utc, signal } = this.#options;
    const manifest = window.manifest(live, utc.now());
    if (manifest === undefined) return;
    const { segments, discontinuities, dateRanges } = window;
    // Not the manifest's: that may be short of what is kept, when it cannot list all that is missing.
    const first = window.range?.first ?? manifest.first;
    for (const { key, text, written } of window.hourObjects(manifest)) {
      await writer.writeIndex(key, text, signal);
      written();
    }
    await fence.write(manifest, signal);
    this.#options.onAnnounced(manifest);
    await writer.writePlaylists(manifest, { segments, discontinuities, dateRanges }, signal);
    this.#options.onWindow(first);
  }
}
