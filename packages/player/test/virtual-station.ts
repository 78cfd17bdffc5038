import {
  formatIndex,
  initKey,
  type Manifest,
  parseStationKey,
  segmentTemplate,
  windowFirst,
} from '@bucket-radio/manifest';
import type { FetchLike } from '../src/engine/core/http.ts';
import { LEAD_IN_UUID } from '../src/engine/mp4/uuid.ts';
import { EPOCH, leadInPayload, uuidBox } from './fixtures.ts';
import { makeInit, makeSegment } from './mux.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** After its last frame, a segment takes this long to be readable. */
export const PUBLISH_DELAY_MS = 300;

export type Fault = number | 'drop' | 'stall' | 'truncate';

export interface VirtualStationOptions {
  readonly segmentSeconds?: number;
  readonly windowSegments?: number;
  /** Segments that are in the bucket at the start. */
  readonly head?: number;
  /** Milliseconds that the origin's clock is ahead of the listener's. */
  readonly skewMs?: number;
  /** Whether CORS exposes `Date`. Default true. */
  readonly exposesDate?: boolean;
  /** By how many millionths the station's sample clock is faster than the listener's sound card. */
  readonly ppm?: number;
  /** Packets of a few bytes, for long runs. */
  readonly light?: boolean;
}

/** A station, its bucket and the network to it, on a virtual clock. The audio in the packets is not decodable. */
export class VirtualStation {
  readonly requests: { readonly path: string; readonly at: number; readonly conditional: boolean }[] = [];
  /** Listener's times of the answers that brought what was asked for. */
  readonly successes: number[] = [];
  /** What happens to a request instead of an answer. */
  fault: (path: string) => Fault | undefined = () => undefined;
  /** How long an answer takes. */
  delayMs: (path: string) => number = () => 20;
  /** Bytes per second at which a body arrives. */
  rate: (path: string) => number = () => Number.POSITIVE_INFINITY;
  nowPlaying: Manifest['nowPlaying'];
  previous: Manifest['previous'];
  /** Length of a break before the segments from `index` on, in milliseconds. */
  breaks: Manifest['breaks'] = [];
  epoch: string = EPOCH;
  live = true;
  missing: Manifest['missing'] = [];
  /** The object's own path, where a gate hands out others. */
  rewrite: (path: string) => string = (path) => path;
  /** Overrides fields of the manifest. */
  patch: (manifest: Manifest) => object = (manifest) => manifest;
  readonly #clock: VirtualClock;
  readonly #options: Required<VirtualStationOptions>;
  /** Listener's time at which segment 0 of the epoch started. */
  #startedAt: number;
  #endedAt = Number.POSITIVE_INFINITY;
  readonly #delayed = new Map<number, number>();

  constructor(clock: VirtualClock, options: VirtualStationOptions = {}) {
    this.#clock = clock;
    this.#options = {
      segmentSeconds: 10,
      windowSegments: 3,
      head: 3,
      skewMs: 0,
      exposesDate: true,
      ppm: 0,
      light: false,
      ...options,
    };
    this.#startedAt = clock.now() - this.#options.head * this.segmentMs - PUBLISH_DELAY_MS;
  }

  /** Duration of a segment by the listener's clock. */
  get segmentMs(): number {
    return this.#options.segmentSeconds * 1000 * (1 - this.#options.ppm / 1e6);
  }

  /** Listener's time at which a segment can be read. */
  readableAt(index: number): number {
    return this.#startedAt + (index + 1) * this.segmentMs + PUBLISH_DELAY_MS + (this.#delayed.get(index) ?? 0);
  }

  /** One segment is published later than it should. */
  delaySegment(index: number, ms: number): void {
    this.#delayed.set(index, ms);
  }

  /** Newest readable segment. */
  get latest(): number {
    const until = Math.min(this.#clock.now(), this.#endedAt);
    const due = Math.floor((until - PUBLISH_DELAY_MS - this.#startedAt) / this.segmentMs + 1e-9) - 1;
    return until < this.readableAt(due) ? due - 1 : due;
  }

  /** The clean end of a broadcast. */
  signOff(): void {
    this.live = false;
    this.#endedAt = this.#clock.now();
  }

  /** The box dies: nothing new, and the manifest still says live. */
  die(): void {
    this.#endedAt = this.#clock.now();
  }

  /** Back on the air, going on with the next index. */
  signOn(): void {
    const next = this.latest + 1;
    this.live = true;
    this.#endedAt = Number.POSITIVE_INFINITY;
    this.#startedAt = this.#clock.now() - next * this.segmentMs;
  }

  /** The station goes on with an index far ahead, as after an hour that the listener slept through. */
  jump(segments: number): void {
    this.#startedAt -= segments * this.segmentMs;
  }

  /** Another epoch that goes on with the next index; the one before stays in the window for a while. */
  continueInEpoch(epoch: string): void {
    const { segmentSeconds, first, latest, latestStart } = this.manifest();
    this.previous = { epoch: this.epoch, segmentSeconds, first, latest, latestStart };
    this.epoch = epoch;
  }

  /** A new numbering from 0. */
  newEpoch(epoch: string): void {
    this.epoch = epoch;
    this.#startedAt = this.#clock.now() - this.segmentMs - PUBLISH_DELAY_MS;
  }

  /** UTC, by the listener's clock, at which a frame was captured. */
  capturedAt(frame: number): number {
    return this.#startedAt + (frame * this.segmentMs) / (this.#options.segmentSeconds * 48_000);
  }

  /** Requests whose path matches. */
  count(pattern: RegExp): number {
    return this.requests.filter(({ path }) => pattern.test(path)).length;
  }

  readonly fetch: FetchLike = async (url, init) => {
    const path = url.replace('https://bucket.example/live/', '');
    const headers = new Headers(init.headers);
    this.requests.push({ path, at: this.#clock.now(), conditional: headers.has('if-none-match') });
    const signal = init.signal as AbortSignal;
    const fault = this.fault(path);
    await this.#clock.sleep(fault === 'stall' ? 1e9 : this.delayMs(path), signal);
    if (fault === 'drop') throw new TypeError('Failed to fetch');
    if (typeof fault === 'number') return new Response(null, { status: fault });
    if (path === 'manifest.json') return this.#manifestResponse(headers.get('if-none-match'));
    const object = this.#object(this.rewrite(path.replace(/\?.*/, '')));
    if (object === undefined) return this.#respond(404, null);
    if (fault === undefined) this.successes.push(this.#clock.now());
    const body = fault === 'truncate' ? object.subarray(0, object.length / 2) : object;
    const rate = this.rate(path);
    return rate === Number.POSITIVE_INFINITY ? this.#respond(200, body) : this.#paced(body, rate, signal);
  };

  /** A body that arrives in ten parts a second. */
  #paced(body: Uint8Array, rate: number, signal: AbortSignal): Response {
    const size = Math.max(1, Math.floor(rate / 10));
    let at = 0;
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      await this.#clock.sleep(100, signal);
      controller.enqueue(new Uint8Array(body.subarray(at, at + size)));
      at += size;
      if (at >= body.length) controller.close();
    };
    const response = this.#respond(200, null);
    return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { headers: response.headers });
  }

  manifest(): Manifest {
    const { segmentSeconds, windowSegments, skewMs } = this.#options;
    const { latest } = this;
    const latestStart = this.#startedAt + latest * this.segmentMs + skewMs;
    return {
      version: 1,
      station: 'Virtual Radio',
      live: this.live,
      epoch: this.epoch,
      segmentSeconds,
      sampleRate: 48_000,
      first: windowFirst(latest, windowSegments, this.previous === undefined ? 0 : this.previous.latest + 1),
      latest,
      latestStart,
      nextEta: latestStart + 2 * this.segmentMs + PUBLISH_DELAY_MS,
      updatedAt: latestStart + this.segmentMs + PUBLISH_DELAY_MS,
      fidelity: 'bit-perfect',
      renditions: (['hq', 'lq'] as const).map((name) => ({
        name,
        codec: name === 'hq' ? 'flac' : 'opus',
        mime: 'audio/mp4',
        init: initKey(this.epoch, name),
        segment: segmentTemplate(this.epoch, name),
        bitrate: name === 'hq' ? 1_500_000 : 128_000,
      })),
      breaks: this.breaks,
      gaps: [],
      missing: this.missing,
      ...(this.nowPlaying === undefined ? {} : { nowPlaying: this.nowPlaying }),
      ...(this.previous === undefined ? {} : { previous: this.previous }),
    };
  }

  #manifestResponse(ifNoneMatch: string | null): Response {
    const body = JSON.stringify(this.patch(this.manifest()));
    const etag = `"${body}"`.replaceAll(/[^\w"]/g, '');
    this.successes.push(this.#clock.now());
    const response = ifNoneMatch === etag ? this.#respond(304, null) : this.#respond(200, Buffer.from(body));
    response.headers.set('ETag', etag);
    return response;
  }

  #respond(status: number, body: Uint8Array | null): Response {
    const now = this.#clock.now() + this.#options.skewMs;
    const headers = new Headers(this.#options.exposesDate ? { Date: new Date(now).toUTCString() } : {});
    return new Response(body === null ? null : new Uint8Array(body), { status, headers });
  }

  #object(path: string): Uint8Array | undefined {
    const key = parseStationKey(path);
    if (key === undefined || !('epoch' in key) || key.kind === 'index') return undefined;
    const { previous } = this;
    const old = key.epoch !== this.epoch && key.epoch === previous?.epoch ? previous : undefined;
    if (key.epoch !== this.epoch && old === undefined) return undefined;
    if (key.kind === 'init') return makeInit(key.rendition === 'hq' ? 'flac' : 'opus');
    const { first, latest } = old ?? this.manifest();
    if (key.index < first - 1 || key.index > latest) return undefined;
    const gone = this.missing.some((entry) => entry.rendition === key.rendition && entry.index === key.index);
    return gone ? undefined : virtualSegment(key.rendition, key.index, this.#options);
  }
}

/** Packets that carry their own name, without a proof; padded so that hq is as heavy as music. */
function virtualSegment(
  rendition: 'hq' | 'lq',
  index: number,
  { segmentSeconds, light }: { readonly segmentSeconds: number; readonly light: boolean },
): Uint8Array {
  const [frames, full] = rendition === 'hq' ? [1920, 7200] : [960, 320];
  const bytes = light ? 40 : full;
  const count = (segmentSeconds * 48_000) / frames;
  const packets = Array.from({ length: count }, (_, i) => {
    const data = Buffer.alloc(bytes);
    data.write(`${formatIndex(index)}/${i}`);
    return { data, frames };
  });
  const segment = makeSegment(index * segmentSeconds * 48_000, packets);
  if (rendition === 'hq') return segment;
  return Buffer.concat([uuidBox(LEAD_IN_UUID, leadInPayload([Buffer.from('before')])), segment]);
}
