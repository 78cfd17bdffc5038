import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  initKey,
  type Manifest,
  mediaPlaylist,
  multivariantPlaylist,
  parseStationKey,
  segmentTemplate,
  windowFirst,
} from '@bucket-radio/manifest';
import type { RenditionName } from '@bucket-radio/pcm';
import { EPOCH, type RenditionFixture } from './fixtures.ts';
import { relabelled } from './relabel.ts';

/** After its last frame, a segment takes this long to be readable. */
export const PUBLISH_DELAY_MS = 60;

const TITLE = { frame: 0, title: 'White Noise', artist: 'The Generators' } as const;

export interface RollingBucketOptions {
  readonly fixture: Readonly<Record<RenditionName, RenditionFixture>>;
  readonly segmentSeconds: number;
  readonly windowSegments: number;
  /** Segments that are in the bucket when it opens. */
  readonly head: number;
  /** Whether the station goes on for ever, with the fixture's segments again and again. */
  readonly loops?: boolean;
}

/** A bucket whose station goes on in real time, on a loopback port of its own: cross-origin to the page. */
export class RollingBucket {
  readonly requests: string[] = [];
  /** What happens to a request instead: a status, or `drop` to cut the connection. */
  fault: (path: string) => number | 'drop' | undefined = () => undefined;
  missing: Manifest['missing'] = [];
  /** What is on while `latest` is the newest segment. */
  nowPlaying: (latest: number) => NonNullable<Manifest['nowPlaying']> = () => TITLE;
  readonly #options: RollingBucketOptions;
  #startedAt: number;
  #endedAt = Number.POSITIVE_INFINITY;
  readonly #server: Server;

  constructor(options: RollingBucketOptions) {
    this.#options = options;
    this.#startedAt = Date.now() - options.head * options.segmentSeconds * 1000 - PUBLISH_DELAY_MS;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/live/manifest.json`;
  }

  /** The clean end of a broadcast. */
  signOff(): void {
    this.#endedAt = Date.now();
  }

  /** Back on the air, with the next index. */
  signOn(): void {
    const next = this.manifest().latest + 1;
    this.#endedAt = Number.POSITIVE_INFINITY;
    this.#startedAt = Date.now() - next * this.#options.segmentSeconds * 1000;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  manifest(): Manifest {
    const { segmentSeconds, windowSegments, fixture } = this.#options;
    const segmentMs = segmentSeconds * 1000;
    const elapsed = Math.min(Date.now(), this.#endedAt) - PUBLISH_DELAY_MS - this.#startedAt;
    const last = this.#options.loops === true ? Number.POSITIVE_INFINITY : fixture.hq.segments.length;
    const latest = Math.min(Math.floor(elapsed / segmentMs), last) - 1;
    const latestStart = this.#startedAt + latest * segmentMs;
    const rendition = (name: RenditionName) => ({
      name,
      codec: name === 'hq' ? ('flac' as const) : ('opus' as const),
      mime: `audio/mp4; codecs="${name === 'hq' ? 'flac' : 'opus'}"`,
      init: initKey(EPOCH, name),
      segment: segmentTemplate(EPOCH, name),
      bitrate: name === 'hq' ? 2_300_000 : 192_000,
    });
    return {
      version: 1,
      station: 'Test Radio',
      live: this.#endedAt === Number.POSITIVE_INFINITY,
      epoch: EPOCH,
      segmentSeconds,
      sampleRate: 48_000,
      first: windowFirst(latest, windowSegments, 0),
      latest,
      latestStart,
      nextEta: latestStart + 2 * segmentMs + PUBLISH_DELAY_MS,
      updatedAt: latestStart + segmentMs,
      fidelity: 'bit-perfect',
      renditions: [rendition('hq'), rendition('lq')],
      breaks: [],
      gaps: [],
      missing: this.missing,
      nowPlaying: this.nowPlaying(latest),
    };
  }

  /** The window in one rendition, for players that read HLS. */
  playlist(rendition: RenditionName): string {
    const { first, latest, latestStart, segmentSeconds, epoch, live } = this.manifest();
    const segments = Array.from({ length: latest + 1 - first }, (_, i) => ({
      index: first + i,
      epoch,
      seconds: segmentSeconds,
      utcMs: latestStart - (latest - first - i) * segmentSeconds * 1000,
      discontinuity: false,
      gaps: [],
    }));
    return mediaPlaylist({ live, rendition, segments, discontinuities: 0, dateRanges: [] });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').replace(/^\/live\//, '');
    this.requests.push(path);
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Expose-Headers', 'ETag, Date, Age');
    const fault = this.fault(path);
    if (fault === 'drop') response.destroy();
    else if (fault !== undefined) response.writeHead(fault).end();
    else if (path === 'manifest.json') this.#answerManifest(request, response);
    else if (path === 'index.m3u8') answerText(response, multivariantPlaylist(this.manifest()));
    else if (path === 'hq.m3u8' || path === 'lq.m3u8')
      answerText(response, this.playlist(path === 'hq.m3u8' ? 'hq' : 'lq'));
    else answerObject(response, this.#object(path.replace(/\?.*/, '')));
  }

  #answerManifest(request: IncomingMessage, response: ServerResponse): void {
    const manifest = this.manifest();
    const body = JSON.stringify(manifest);
    const etag = `"${manifest.latest}-${manifest.live}"`;
    response.setHeader('ETag', etag);
    response.setHeader('Cache-Control', 'no-cache');
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
  }

  #object(path: string): Uint8Array | undefined {
    const key = parseStationKey(path);
    if (key?.kind === 'init') return this.#options.fixture[key.rendition].init;
    if (key?.kind !== 'segment') return undefined;
    const { first, latest } = this.manifest();
    if (key.index < first - 1 || key.index > latest) return undefined;
    const { fixture, segmentSeconds } = this.#options;
    const { segments } = fixture[key.rendition];
    const segment = segments[key.index % segments.length];
    return segment === undefined ? undefined : relabelled(segment, key.index, segmentSeconds * 48_000);
  }
}

function answerText(response: ServerResponse, text: string): void {
  const headers = { 'Content-Type': 'application/vnd.apple.mpegurl', 'Cache-Control': 'no-cache' };
  response.writeHead(200, headers).end(text);
}

function answerObject(response: ServerResponse, object: Uint8Array | undefined): void {
  if (object === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': 'audio/mp4', 'Cache-Control': 'public, max-age=31536000, immutable' });
  response.end(object);
}
