import { expandSegmentTemplate, type Manifest, type ManifestRendition } from '@bucket-radio/manifest';
import { PlayerError, toPlayerError } from '../error.ts';
import { corrupt } from '../mp4/box.ts';
import { type CodecConfig, MAX_INIT_BYTES, parseInit } from '../mp4/init.ts';
import { MAX_SEGMENT_BYTES, type Packet, type SegmentHead, SegmentReader } from '../mp4/segment.ts';
import type { Clock } from './clock.ts';
import { type FetchLike, type HttpFault, type HttpReply, type HttpRequest, httpGet, whyNot } from './http.ts';
import { framesPerSegment } from './live-edge.ts';

/** A segment that takes longer than this, or twice its duration, is asked for again. */
const MIN_SEGMENT_TIMEOUT_MS = 10_000;

/** So is one of which nothing arrives for this long. */
const IDLE_MS = 4000;

/** Init segments remembered: two renditions of a few epochs. */
const MAX_INITS = 8;

export interface SegmentRequest {
  readonly manifest: Manifest;
  readonly rendition: ManifestRendition;
  readonly index: number;
  /** How often this object was asked for in vain: > 0 adds a query, past whatever a cache remembers. */
  readonly retry: number;
  /** Give up after this time, because a lighter rendition exists. */
  readonly deadlineMs?: number | undefined;
  /** Give up when nothing arrives for this long. */
  readonly idleMs?: number | undefined;
}

/** A rendition's init segment, as it is and as it was read. */
export interface RenditionInit {
  readonly bytes: Uint8Array;
  readonly config: CodecConfig;
}

/** Takes a segment while it arrives. */
export interface SegmentReceiver {
  /** Once, before the first packets. */
  begin(head: SegmentHead, init: RenditionInit): void;
  /** In order. May throw {@link TooSlow}. */
  push(packets: readonly Packet[], soFar: Uint8Array<ArrayBuffer>): void;
}

/** Thrown by a receiver: at this rate the segment comes too late. */
export class TooSlow extends Error {}

export type SegmentReply =
  | { readonly kind: 'ok'; readonly bytes: Uint8Array<ArrayBuffer>; readonly ms: number }
  /** `missing` and `corrupt` are about the object, `slow` and `failed` about the way to it. */
  | { readonly kind: 'missing' | 'corrupt' | 'failed'; readonly error: PlayerError }
  | { readonly kind: 'slow' };

/** Fetches segments and takes them apart while they arrive. Init segments are fetched once per epoch and rendition. */
export class SegmentSource {
  readonly #transport: { readonly fetch: FetchLike; readonly clock: Clock };
  /** The directory that the manifest's paths are relative to. */
  readonly #base: string;
  readonly #inits = new Map<string, RenditionInit>();

  constructor(transport: { readonly fetch: FetchLike; readonly clock: Clock }, base: string) {
    this.#transport = transport;
    this.#base = base;
  }

  async get(request: SegmentRequest, receiver: SegmentReceiver, signal: AbortSignal): Promise<SegmentReply> {
    const { manifest, rendition, index } = request;
    const path = expandSegmentTemplate(rendition.segment, index);
    const timeoutMs = request.deadlineMs ?? Math.max(MIN_SEGMENT_TIMEOUT_MS, manifest.segmentSeconds * 2000);
    const init = await this.#init(request, timeoutMs, signal);
    if ('kind' in init) return init;
    const reader = new SegmentReader(init.config);
    const onPart = (part: Uint8Array): void => {
      const begun = reader.head !== undefined;
      const packets = reader.push(part);
      if (reader.head === undefined) return;
      if (!begun) receiver.begin(checkedHead(reader.head, manifest, index), init);
      if (packets.length > 0) receiver.push(packets, reader.bytes);
    };
    const limits = { timeoutMs, idleMs: request.idleMs ?? IDLE_MS, maxBytes: MAX_SEGMENT_BYTES, onPart };
    const reply = await this.#fetch(path, request.retry, limits, signal);
    if (reply.kind !== 'ok') return this.#fault(path, reply, request);
    try {
      // What follows the last packet is nobody's loss.
      if (!reader.complete) reader.finish();
      return { kind: 'ok', bytes: reader.bytes, ms: reply.doneAt - reply.sentAt };
    } catch (error) {
      return { kind: 'corrupt', error: toPlayerError(error, 'SegmentCorrupt') };
    }
  }

  async #init(request: SegmentRequest, timeoutMs: number, signal: AbortSignal): Promise<RenditionInit | SegmentReply> {
    const path = request.rendition.init;
    const known = this.#inits.get(path);
    if (known !== undefined) return known;
    const reply = await this.#fetch(path, request.retry, { timeoutMs, maxBytes: MAX_INIT_BYTES }, signal);
    if (reply.kind !== 'ok') return this.#fault(path, reply, request);
    try {
      const init = { bytes: reply.body, config: parseInit(reply.body) };
      if (this.#inits.size >= MAX_INITS) this.#inits.clear();
      this.#inits.set(path, init);
      return init;
    } catch (error) {
      return { kind: 'corrupt', error: toPlayerError(error, 'SegmentCorrupt') };
    }
  }

  #fetch(
    path: string,
    retry: number,
    limits: Omit<HttpRequest, 'url' | 'init'>,
    signal: AbortSignal,
  ): Promise<HttpReply> {
    const url = new URL(path, this.#base);
    if (retry > 0) url.searchParams.set('retry', String(retry));
    return httpGet(this.#transport, { url: url.href, ...limits }, signal);
  }

  #fault(path: string, reply: HttpFault, request: SegmentRequest): SegmentReply {
    if (reply.kind === 'timeout' && request.deadlineMs !== undefined) return { kind: 'slow' };
    if (reply.kind === 'refused') {
      if (reply.cause instanceof TooSlow) return { kind: 'slow' };
      return { kind: 'corrupt', error: toPlayerError(reply.cause, 'SegmentCorrupt') };
    }
    const error = new PlayerError('SegmentUnreachable', `cannot read ${path}: ${whyNot(reply)}`);
    return { kind: reply.kind === 'not-found' ? 'missing' : 'failed', error };
  }
}

/** A segment that says it lies elsewhere on the timeline is somebody else's. */
function checkedHead(segment: SegmentHead, manifest: Manifest, index: number): SegmentHead {
  const frames = framesPerSegment(manifest);
  if (segment.position === index * frames && segment.frames > 0 && segment.frames <= frames) return segment;
  const { position, frames: found } = segment;
  throw corrupt(`segment ${index} holds frames ${position}+${found}; expected ${index * frames}+${frames}`);
}
