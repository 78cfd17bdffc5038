import type { ArchiveStatus } from '@bucket-radio/archive';
import type { SourceInfo } from '@bucket-radio/capture';
import { type EncodedSegment, framesToMs, type PcmChunk, type RenditionName } from '@bucket-radio/pcm';
import type { PublisherEvent, PublisherStatus } from '@bucket-radio/publisher';
import { RECENT_SEGMENTS, type SegmentStatus, type StationStatus } from './status.ts';

/** What does not change while the station runs. */
export type StationFacts = Pick<
  StationStatus,
  'station' | 'epoch' | 'startedAtMs' | 'segmentSeconds' | 'backends' | 'store' | 'links'
>;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Follows the station's events and tells its state; holds nothing that grows. */
export class StationState {
  state: StationStatus['state'] = 'starting';
  readonly #facts: StationFacts;
  readonly #source: StationStatus['source'];
  readonly #captured: Mutable<StationStatus['captured']> = { frames: 0, gaps: 0, lostMs: 0 };
  readonly #segments = new Map<number, Mutable<SegmentStatus>>();
  #lastError: StationStatus['lastError'] = null;

  constructor(facts: StationFacts, { kind, name, detail, fidelity, bitDepth }: SourceInfo) {
    this.#facts = facts;
    this.#source = { kind, name, detail, fidelity, bitDepth };
  }

  captured(chunk: PcmChunk): void {
    this.#captured.frames += chunk.frames;
    for (const gap of chunk.gaps ?? []) {
      this.#captured.gaps += 1;
      this.#captured.lostMs += framesToMs(gap.frames);
    }
  }

  encoded({ index, utcMs, rendition, data }: EncodedSegment): void {
    const segment = this.#segments.get(index) ?? {
      index,
      state: 'encoding' as const,
      utcMs,
      hqBytes: 0,
      lqBytes: 0,
      publishMs: null,
    };
    const bytesField = { hq: 'hqBytes', lq: 'lqBytes' } as const satisfies Record<RenditionName, keyof SegmentStatus>;
    segment[bytesField[rendition]] = data.length;
    if (segment.hqBytes > 0 && segment.lqBytes > 0) segment.state = 'queued';
    this.#segments.set(index, segment);
    const oldest = this.#segments.keys().next().value;
    if (this.#segments.size > RECENT_SEGMENTS && oldest !== undefined) this.#segments.delete(oldest);
  }

  /** @returns the segment the event is about, when it is one of the recent ones */
  published(event: PublisherEvent): SegmentStatus | undefined {
    if (event.type === 'failed' || event.type === 'cleanup-failed' || event.type === 'fenced') this.failed(event.error);
    const index = event.type === 'published' ? event.segment.index : 'index' in event ? event.index : undefined;
    const segment = index === undefined ? undefined : this.#segments.get(index);
    if (segment === undefined) return undefined;
    if (event.type === 'published') {
      segment.state = 'live';
      segment.publishMs = Math.round(event.putMs);
    } else if (event.type === 'deleted' || (event.type === 'dropped' && event.rendition !== 'hq')) {
      segment.state = event.type;
    }
    return segment;
  }

  failed(error: unknown): void {
    this.#lastError = { message: error instanceof Error ? error.message : String(error), atMs: Date.now() };
  }

  status(publisher: PublisherStatus, archive: ArchiveStatus | undefined): StationStatus {
    return {
      ...this.#facts,
      state: this.state,
      source: this.#source,
      captured: { ...this.#captured },
      queue: { segments: publisher.queuedSegments, bytes: publisher.queuedBytes },
      window: publisher.window ?? null,
      segments: [...this.#segments.values()],
      archive: {
        state: archive?.state ?? 'off',
        file: archive?.file ?? null,
        bytes: archive?.bytes ?? 0,
        seconds: framesToMs(archive?.frames ?? 0) / 1000,
        hoursLeft: archive?.disk?.hoursLeft ?? null,
      },
      lastError: this.#lastError,
    };
  }
}
