import { MANIFEST_KEY, type Manifest, stationObjectHeaders } from '@bucket-radio/manifest';
import { manifestSchema } from '@bucket-radio/manifest/schema';
import { isObjectStoreError, type ObjectStore, type PutMode } from '@bucket-radio/object-store';
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
    if (!this.#conditional) await this.#look(signal);
    const { etag } = await store.put(MANIFEST_KEY, body, {
      mode: this.#conditional ? this.#mode() : 'overwrite',
      attributes: stationObjectHeaders(MANIFEST_KEY),
      signal,
    });
    this.#etag = etag;
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
    const { store, writer, lastWriters } = this.#options;
    const found = await readManifest(store, signal);
    const other = found.manifest?.writer;
    if (other !== undefined && other !== writer && !lastWriters.includes(other)) {
      this.#held = false;
      throw new PublisherError(
        'Fenced',
        `another encoder (${other}) publishes "${found.manifest?.station}" in ${store.name}; this one has stopped. Stop one of them, or start the second with --standby`,
      );
    }
    this.#etag = found.etag;
  }
}
