import { MANIFEST_KEY, type Manifest, stationObjectHeaders } from '@bucket-radio/manifest';
import { manifestSchema } from '@bucket-radio/manifest/schema';
import { isObjectStoreError, type ObjectStore, type PutMode } from '@bucket-radio/object-store';
import type { PublisherClock } from './clock.ts';
import { PublisherError } from './error.ts';
import type { KeyPacer } from './pacer.ts';

/** `manifest.json` as it was found. */
export interface FoundManifest {
  /** `undefined` when there is none. */
  readonly etag: string | undefined;
  /** `undefined` when there is none, or when what is there is no manifest. */
  readonly manifest: Manifest | undefined;
}

/** @throws ObjectStoreError when the bucket cannot be read */
export async function readManifest(store: ObjectStore, signal: AbortSignal): Promise<FoundManifest> {
  try {
    const found = await store.get(MANIFEST_KEY, { signal });
    const etag = found.meta.etag;
    try {
      const parsed = manifestSchema.safeParse(JSON.parse(await found.text()));
      return { etag, manifest: parsed.success ? parsed.data : undefined };
    } catch (error) {
      if (error instanceof SyntaxError) return { etag, manifest: undefined };
      throw error;
    }
  } catch (error) {
    if (isObjectStoreError(error, 'NotFound')) return { etag: undefined, manifest: undefined };
    throw error;
  }
}

export interface FenceOptions {
  readonly store: ObjectStore;
  /** Name of this run. */
  readonly writer: string;
  /** Names of the runs whose place is taken: what still arrives of them is no stranger's. */
  readonly lastWriters: readonly string[];
  readonly pacer: KeyPacer;
  readonly clock: Pick<PublisherClock, 'monotonicMs' | 'utcMs'>;
  readonly segmentSeconds: number;
  readonly onUnconditional: () => void;
}

/** Times that a lost race against our own late writes is run again. */
const MAX_RACES = 3;

/**
 * The one place that writes `manifest.json`, and only over what it knows: compare-and-swap on the ETag. Whoever finds
 * another writer's name there has lost the station and is told so.
 *
 * In a store without conditional writes the manifest is read before each write instead; two writers at the same moment
 * are then found out one write later.
 */
export class ManifestFence {
  readonly #options: FenceOptions;
  #etag: string | undefined;
  #conditional = true;
  #held = false;
  /** When the request began that last showed the manifest to be ours. */
  #confirmed: Moment | undefined;

  constructor(options: FenceOptions) {
    this.#options = options;
  }

  /** Whether the manifest in the bucket is ours, as far as we have been told. */
  get held(): boolean {
    return this.#held;
  }

  /** From here on the manifest that was found is the one to replace. */
  adopt(found: FoundManifest): void {
    this.#etag = found.etag;
    this.#confirmed = this.#now();
  }

  /**
   * Resolves when nobody can have taken this station's place: call it before each write of another key. Who stands by takes
   * over after `staleMs` without a manifest, so half of that after the last one the bucket is asked. A process that was
   * frozen meanwhile, or cut off, learns here that it is too late.
   * @throws PublisherError `Fenced`, ObjectStoreError when the bucket does not answer
   */
  async confirm(signal: AbortSignal): Promise<void> {
    const { store, segmentSeconds } = this.#options;
    const now = this.#now();
    if (this.#confirmed !== undefined && elapsedMs(this.#confirmed, now) < staleMs(segmentSeconds) / 2) return;
    this.#mustBeOurs((await readManifest(store, signal)).manifest);
    this.#confirmed = now;
  }

  #now(): Moment {
    const { clock } = this.#options;
    return { monotonicMs: clock.monotonicMs(), utcMs: clock.utcMs() };
  }

  /** @throws PublisherError `Fenced`, ObjectStoreError when the bucket does not answer */
  async write(manifest: Manifest, signal: AbortSignal): Promise<void> {
    const body = new TextEncoder().encode(JSON.stringify(manifest));
    for (let race = 0; ; race++) {
      try {
        await this.#put(body, signal);
        this.#held = true;
        return;
      } catch (error) {
        if (race >= MAX_RACES || !(await this.#learnFrom(error, signal))) throw error;
      }
    }
  }

  /** Whether the manifest is still ours: asks the bucket. */
  async verify(signal: AbortSignal): Promise<boolean> {
    const { manifest } = await readManifest(this.#options.store, signal);
    if (manifest !== undefined && manifest.writer !== this.#options.writer) this.#held = false;
    return this.#held;
  }

  async #put(body: Uint8Array, signal: AbortSignal): Promise<void> {
    const { store, pacer } = this.#options;
    await pacer.turn(MANIFEST_KEY, signal);
    const start = this.#now();
    if (!this.#conditional) await this.#look(signal);
    const { etag } = await store.put(MANIFEST_KEY, body, {
      mode: this.#conditional ? this.#mode() : 'overwrite',
      attributes: stationObjectHeaders(MANIFEST_KEY),
      signal,
    });
    this.#etag = etag;
    this.#confirmed = start;
  }

  #mode(): PutMode {
    return this.#etag === undefined ? 'create' : { update: { etag: this.#etag } };
  }

  /** @returns whether it is worth trying again */
  async #learnFrom(error: unknown, signal: AbortSignal): Promise<boolean> {
    if (isObjectStoreError(error, 'NotSupported') && this.#conditional) {
      this.#conditional = false;
      this.#options.onUnconditional();
      return true;
    }
    const lost = ['PreconditionFailed', 'AlreadyExists', 'Ambiguous', 'NotFound'] as const;
    if (!lost.some((code) => isObjectStoreError(error, code))) return false;
    await this.#look(signal);
    return true;
  }

  /** Takes note of what is there, if it is ours: an answer that was lost, a try that arrived late. */
  async #look(signal: AbortSignal): Promise<void> {
    const found = await readManifest(this.#options.store, signal);
    this.#mustBeOurs(found.manifest);
    this.#etag = found.etag;
  }

  #mustBeOurs(manifest: Manifest | undefined): void {
    const { store, writer, lastWriters } = this.#options;
    const other = manifest?.writer;
    if (manifest === undefined || other === undefined || other === writer || lastWriters.includes(other)) return;
    this.#held = false;
    throw new PublisherError(
      'Fenced',
      `another encoder (${other}) publishes "${manifest.station}" in ${store.name}: it was started beside this one, or took over while this one was frozen or cut off. This one has stopped and writes nothing more; stop the other, or start this one with --standby`,
    );
  }
}

interface Moment {
  readonly monotonicMs: number;
  readonly utcMs: number;
}

/** By whichever clock went further: the monotonic one stands still while a computer sleeps, the other may be set back. */
function elapsedMs(from: Moment, to: Moment): number {
  return Math.max(to.monotonicMs - from.monotonicMs, to.utcMs - from.utcMs);
}

/** A manifest that did not change for this long, and for three segments, belongs to nobody. */
const STALE_MIN_MS = 15_000;

/** After so long without a new manifest who stands by takes over. */
export function staleMs(segmentSeconds: number): number {
  return Math.max(STALE_MIN_MS, 3 * segmentSeconds * 1000);
}
