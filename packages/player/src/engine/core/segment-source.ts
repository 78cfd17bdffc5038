import { expandSegmentTemplate, type Manifest, type ManifestRendition } from '@bucket-radio/manifest';
import { PlayerError, toPlayerError } from '../error.ts';
import { type CodecConfig, MAX_INIT_BYTES, parseInit } from '../mp4/init.ts';
import { MAX_SEGMENT_BYTES, type MediaSegment, parseSegment } from '../mp4/segment.ts';
import type { Clock } from './clock.ts';
import { type FetchLike, type HttpReply, httpGet } from './http.ts';
import { framesPerSegment } from './live-edge.ts';

/** A segment that takes longer than this, or twice its duration, is asked for again. */
const MIN_SEGMENT_TIMEOUT_MS = 10_000;

/** Init segments remembered: two renditions of a few epochs. */
const MAX_CONFIGS = 8;

export interface SegmentRequest {
  readonly manifest: Manifest;
  readonly rendition: ManifestRendition;
  readonly index: number;
  /** How often this object was asked for in vain: > 0 adds a query, past whatever a cache remembers. */
  readonly retry: number;
  /** Give up after this time, because a lighter rendition exists. */
  readonly deadlineMs?: number | undefined;
}

export type SegmentReply =
  | {
      readonly kind: 'ok';
      readonly segment: MediaSegment;
      readonly config: CodecConfig;
      readonly bytes: number;
      readonly ms: number;
    }
  /** `missing` and `corrupt` are about the object, `slow` and `failed` about the way to it. */
  | { readonly kind: 'missing' | 'corrupt' | 'failed'; readonly error: PlayerError }
  | { readonly kind: 'slow' };

/** Fetches and takes apart segments. Init segments are fetched once per epoch and rendition. */
export class SegmentSource {
  readonly #transport: { readonly fetch: FetchLike; readonly clock: Clock };
  /** The directory that the manifest's paths are relative to. */
  readonly #base: string;
  readonly #configs = new Map<string, CodecConfig>();

  constructor(transport: { readonly fetch: FetchLike; readonly clock: Clock }, base: string) {
    this.#transport = transport;
    this.#base = base;
  }

  async get(request: SegmentRequest, signal: AbortSignal): Promise<SegmentReply> {
    const { manifest, rendition, index } = request;
    const path = expandSegmentTemplate(rendition.segment, index);
    const timeoutMs = request.deadlineMs ?? Math.max(MIN_SEGMENT_TIMEOUT_MS, manifest.segmentSeconds * 2000);
    const config = await this.#config(request, timeoutMs, signal);
    if ('kind' in config) return config;
    const reply = await this.#fetch(path, request.retry, { timeoutMs, maxBytes: MAX_SEGMENT_BYTES }, signal);
    if (reply.kind !== 'ok') return this.#fault(path, reply, request);
    try {
      const segment = parseSegment(reply.body, config);
      checkPosition(segment, manifest, index);
      return { kind: 'ok', segment, config, bytes: reply.body.length, ms: reply.doneAt - reply.sentAt };
    } catch (error) {
      return { kind: 'corrupt', error: toPlayerError(error, 'SegmentCorrupt') };
    }
  }

  async #config(request: SegmentRequest, timeoutMs: number, signal: AbortSignal): Promise<CodecConfig | SegmentReply> {
    const path = request.rendition.init;
    const known = this.#configs.get(path);
    if (known !== undefined) return known;
    const reply = await this.#fetch(path, request.retry, { timeoutMs, maxBytes: MAX_INIT_BYTES }, signal);
    if (reply.kind !== 'ok') return this.#fault(path, reply, request);
    try {
      const config = parseInit(reply.body);
      if (this.#configs.size >= MAX_CONFIGS) this.#configs.clear();
      this.#configs.set(path, config);
      return config;
    } catch (error) {
      return { kind: 'corrupt', error: toPlayerError(error, 'SegmentCorrupt') };
    }
  }

  #fetch(
    path: string,
    retry: number,
    limits: { readonly timeoutMs: number; readonly maxBytes: number },
    signal: AbortSignal,
  ): Promise<HttpReply> {
    const url = new URL(path, this.#base);
    if (retry > 0) url.searchParams.set('retry', String(retry));
    return httpGet(this.#transport, { url: url.href, ...limits }, signal);
  }

  #fault(path: string, reply: HttpReply, request: SegmentRequest): SegmentReply {
    if (reply.kind === 'timeout' && request.deadlineMs !== undefined) return { kind: 'slow' };
    const why =
      reply.kind === 'not-found'
        ? `HTTP ${reply.status}`
        : reply.kind === 'failed'
          ? reply.message
          : 'no answer in time';
    const error = new PlayerError('SegmentUnreachable', `cannot read ${path}: ${why}`);
    return { kind: reply.kind === 'not-found' ? 'missing' : 'failed', error };
  }
}

/** A segment that says it lies elsewhere on the timeline is somebody else's. */
function checkPosition(segment: MediaSegment, manifest: Manifest, index: number): void {
  const frames = framesPerSegment(manifest);
  if (segment.position === index * frames && segment.frames > 0 && segment.frames <= frames) return;
  throw new PlayerError(
    'SegmentCorrupt',
    `segment ${index} holds frames ${segment.position}+${segment.frames}; expected ${index * frames}+${frames}`,
  );
}
