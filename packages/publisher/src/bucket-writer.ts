import {
  type HourIndex,
  initKey,
  type Manifest,
  ManifestError,
  mediaPlaylist,
  multivariantPlaylist,
  PLAYLIST_KEYS,
  parseMediaPlaylist,
  parsePlaylistDateRanges,
  readHourIndexes,
  segmentKey,
  stationObjectHeaders,
} from '@bucket-radio/manifest';
import { isObjectStoreError, type ObjectStore } from '@bucket-radio/object-store';
import type { RenditionName } from '@bucket-radio/pcm';
import type { LiveWindow } from './live-window.ts';
import type { KeyPacer } from './pacer.ts';
import { RENDITIONS } from './renditions.ts';
import type { ToldPlaylists } from './told.ts';

export interface BucketWriterOptions {
  readonly store: ObjectStore;
  readonly epoch: string;
  readonly pacer: KeyPacer;
  /** Resolves when the station is surely still ours; rejects when it is not, or when the bucket does not say. */
  readonly mayWrite: (signal: AbortSignal) => Promise<void>;
}

/**
 * The station's objects in the bucket: what is written, with which headers. `manifest.json` is the fence's. Nothing is
 * written or deleted by a station that may have lost its place.
 */
export class BucketWriter {
  readonly #store: ObjectStore;
  readonly #epoch: string;
  readonly #pacer: KeyPacer;
  readonly #mayWrite: BucketWriterOptions['mayWrite'];
  readonly #inits = new Map<RenditionName, Promise<boolean>>();
  readonly #written = new Map<string, string>();

  constructor({ store, epoch, pacer, mayWrite }: BucketWriterOptions) {
    this.#store = store;
    this.#epoch = epoch;
    this.#pacer = pacer;
    this.#mayWrite = mayWrite;
  }

  /** Resolves when the object is readable. Its init segment must be there. */
  async writeSegment(index: number, rendition: RenditionName, data: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.#put(segmentKey(this.#epoch, rendition, index), data, signal);
  }

  /**
   * Sees to it that the epoch's init segment is readable: an earlier run may have written it.
   * @param init its bytes, once the encoder has made them
   * @returns false when it is not there and cannot be written yet
   */
  async ensureInit(rendition: RenditionName, init: Uint8Array | undefined, signal: AbortSignal): Promise<boolean> {
    const known = this.#inits.get(rendition) ?? this.#findOrWriteInit(rendition, init, signal);
    this.#inits.set(rendition, known);
    try {
      const there = await known;
      if (!there) this.#inits.delete(rendition);
      return there;
    } catch (error) {
      this.#inits.delete(rendition);
      throw error;
    }
  }

  async #findOrWriteInit(
    rendition: RenditionName,
    init: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const key = initKey(this.#epoch, rendition);
    try {
      await this.#store.head(key, { signal });
      return true;
    } catch (error) {
      if (!isObjectStoreError(error, 'NotFound')) throw error;
    }
    if (init === undefined) return false;
    await this.#put(key, init, signal);
    return true;
  }

  /** Writes the playlists that changed, after the manifest they belong to. */
  async writePlaylists(manifest: Manifest, window: PlaylistSource, signal: AbortSignal): Promise<void> {
    const { live } = manifest;
    // Every write is waited for: one that is still being tried could otherwise arrive after the next and take its place.
    const results = await Promise.allSettled([
      this.#text(PLAYLIST_KEYS.index, multivariantPlaylist(manifest), signal),
      ...RENDITIONS.map((rendition) =>
        this.#text(PLAYLIST_KEYS[rendition], mediaPlaylist({ live, rendition, ...window }), signal),
      ),
    ]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** What the playlists say; nothing where there is none. */
  async readPlaylists(signal: AbortSignal): Promise<ToldPlaylists> {
    const [hq = '', lq = ''] = await Promise.all(
      RENDITIONS.map(async (rendition) => {
        try {
          return await (await this.#store.get(PLAYLIST_KEYS[rendition], { signal })).text();
        } catch (error) {
          if (isObjectStoreError(error, 'NotFound')) return '';
          throw error;
        }
      }),
    );
    return { hq: parseMediaPlaylist(hq), lq: parseMediaPlaylist(lq), dateRanges: parsePlaylistDateRanges(lq) };
  }

  /** Writes what a manifest has no room for. */
  async writeIndex(key: string, text: string, signal: AbortSignal): Promise<void> {
    await this.#pacer.turn(key, signal);
    await this.#put(key, new TextEncoder().encode(text), signal);
  }

  /** What the hours of a long window say, newest first. An hour that is not there or says nothing ends it. */
  async readHours(manifest: Manifest, signal: AbortSignal): Promise<HourIndex[]> {
    try {
      return await readHourIndexes(manifest, async (path) => {
        try {
          return await (await this.#store.get(path, { signal })).text();
        } catch (error) {
          if (isObjectStoreError(error, 'NotFound')) return undefined;
          throw error;
        }
      });
    } catch (error) {
      if (error instanceof ManifestError) return [];
      throw error;
    }
  }

  async deleteIndex(key: string, signal: AbortSignal): Promise<void> {
    await this.#mayWrite(signal);
    await this.#store.delete(key, { signal });
  }

  async deleteSegment(epoch: string, index: number, signal: AbortSignal): Promise<void> {
    await this.#mayWrite(signal);
    await Promise.all(RENDITIONS.map((name) => this.#store.delete(segmentKey(epoch, name, index), { signal })));
  }

  async deleteInits(epoch: string, signal: AbortSignal): Promise<void> {
    await this.#mayWrite(signal);
    await Promise.all(RENDITIONS.map((name) => this.#store.delete(initKey(epoch, name), { signal })));
  }

  async #text(key: string, body: string, signal: AbortSignal): Promise<void> {
    if (this.#written.get(key) === body) return;
    this.#written.delete(key);
    await this.#pacer.turn(key, signal);
    await this.#put(key, new TextEncoder().encode(body), signal);
    this.#written.set(key, body);
  }

  async #put(key: string, body: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.#mayWrite(signal);
    await this.#store.put(key, body, { attributes: stationObjectHeaders(key), signal });
  }
}

/** What playlists are made of. */
export type PlaylistSource = Pick<LiveWindow, 'segments' | 'discontinuities' | 'dateRanges'>;
