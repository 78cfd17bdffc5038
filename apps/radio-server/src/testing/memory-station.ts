import { createFlacEncoder, createOpusEncoder, createSegmentMuxer } from '@bucket-radio/encoders';
import {
  initKey,
  MANIFEST_KEY,
  type Manifest,
  mediaPlaylist,
  multivariantPlaylist,
  PLAYLIST_KEYS,
  type PlaylistSegment,
  segmentKey,
  segmentTemplate,
} from '@bucket-radio/manifest';
import { CHANNELS, type EncodedSegment, type OpusPacket, type RenditionName, SAMPLE_RATE } from '@bucket-radio/pcm';
import { pcmBlocks } from '@bucket-radio/testing';
import type { BucketSource } from '../verify/source.ts';

export const EPOCH = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
/** UTC label of station frame 0. */
const START_MS = Date.UTC(2026, 10, 20, 20);

export interface MemoryStationOptions {
  /** Index of the first segment. Default 7. */
  readonly first?: number;
  /** Frames between the cuts that Opus is coded for. Default: one second, as the segments. */
  readonly opusSegmentFrames?: number;
  /** Packets by which `lq` comes early: packet `k + shift` stands where `k` belongs. Default 0. */
  readonly lqShift?: number;
}

/** What a station of one-second segments would have in its bucket, in memory, to be damaged. */
export class MemoryStation {
  readonly objects: Map<string, Uint8Array>;
  manifest: Manifest;

  private constructor(objects: Map<string, Uint8Array>, manifest: Manifest) {
    this.objects = objects;
    this.manifest = manifest;
  }

  /** @param samples interleaved, whole seconds */
  static async create(samples: Int32Array, options: MemoryStationOptions = {}): Promise<MemoryStation> {
    const { first = 7 } = options;
    const objects = new Map<string, Uint8Array>();
    for (const segment of await encode(samples, first, options)) {
      objects.set(initKey(EPOCH, segment.rendition), segment.init);
      objects.set(segmentKey(EPOCH, segment.rendition, segment.index), segment.data);
    }
    const latest = first + samples.length / CHANNELS / SAMPLE_RATE - 1;
    const station = new MemoryStation(objects, manifestOf(first, latest));
    station.publish();
    return station;
  }

  /** The same, to be damaged apart. */
  clone(): MemoryStation {
    return new MemoryStation(
      new Map([...this.objects].map(([key, data]) => [key, Uint8Array.from(data)])),
      this.manifest,
    );
  }

  key(rendition: RenditionName, index: number): string {
    return segmentKey(EPOCH, rendition, index);
  }

  /** Writes manifest and playlists, both changed first where a test says so. */
  publish(changes: Partial<Manifest> = {}, playlistChanges: Partial<Manifest> = changes): void {
    const told = { ...this.manifest, ...playlistChanges };
    this.manifest = { ...this.manifest, ...changes };
    this.text(MANIFEST_KEY, JSON.stringify(this.manifest));
    this.text(PLAYLIST_KEYS.index, multivariantPlaylist(told));
    const segments = playlistSegments(told);
    const discontinuities = told.discontinuities ?? 0;
    for (const rendition of ['hq', 'lq'] as const) {
      const playlist = { live: told.live, rendition, segments, discontinuities, dateRanges: [] };
      this.text(PLAYLIST_KEYS[rendition], mediaPlaylist(playlist));
    }
  }

  text(key: string, text: string): void {
    this.objects.set(key, new TextEncoder().encode(text));
  }

  /** Replaces text in an object that is text. @throws Error when there is none to replace */
  replace(key: string, search: string | RegExp, replacement: string): void {
    const text = new TextDecoder().decode(this.objects.get(key));
    const changed = text.replace(search, replacement);
    if (changed === text) throw new Error(`${key} has no ${String(search)}`);
    this.text(key, changed);
  }

  /** Changes bytes of an object: `offset` counts from the first `after` in it. */
  patch(key: string, after: string, offset: number, change: (view: DataView) => void): void {
    const data = this.objects.get(key) as Uint8Array;
    const at = Buffer.from(data.buffer, data.byteOffset, data.length).indexOf(after, 0, 'latin1');
    if (at === -1) throw new Error(`${key} has no ${after}`);
    change(new DataView(data.buffer, data.byteOffset + at + offset));
  }

  source(onRead: (key: string) => void = () => undefined): BucketSource {
    return {
      location: 'memory',
      read: async (key) => {
        onRead(key);
        const data = this.objects.get(key);
        return await Promise.resolve(data && { data });
      },
      list: async () => await Promise.resolve([...this.objects.keys()]),
    };
  }
}

async function encode(samples: Int32Array, first: number, options: MemoryStationOptions): Promise<EncodedSegment[]> {
  const { opusSegmentFrames = SAMPLE_RATE, lqShift = 0 } = options;
  const flac = await createFlacEncoder();
  const opus = await createOpusEncoder({ segmentFrames: opusSegmentFrames });
  const hq = createSegmentMuxer({ rendition: 'hq', epoch: EPOCH, segmentSeconds: 1, flacHeader: flac.header });
  const lq = createSegmentMuxer({ rendition: 'lq', epoch: EPOCH, segmentSeconds: 1 });
  const blocks = pcmBlocks(samples, { segmentFrames: SAMPLE_RATE, firstSegment: first, utcMs: START_MS });
  for (const { segmentEnd } of blocks) {
    if (segmentEnd === undefined) continue;
    hq.endSegment(segmentEnd);
    lq.endSegment(segmentEnd);
  }
  const frames = [...blocks.flatMap((block) => flac.encode(block)), ...flac.finish().frames];
  const packets = shift([...blocks.flatMap((block) => opus.encode(block)), ...opus.finish()], lqShift);
  return [...(await hq.push(frames)), ...(await lq.push(packets))];
}

function shift(packets: readonly OpusPacket[], by: number): OpusPacket[] {
  return packets.map((packet, i) => ({ ...packet, data: packets[(i + by) % packets.length]?.data ?? packet.data }));
}

function manifestOf(first: number, latest: number): Manifest {
  const rendition = (name: RenditionName) => ({
    name,
    init: initKey(EPOCH, name),
    segment: segmentTemplate(EPOCH, name),
  });
  return {
    version: 1,
    station: 'Test',
    live: true,
    epoch: EPOCH,
    segmentSeconds: 1,
    sampleRate: SAMPLE_RATE,
    first,
    latest,
    latestStart: START_MS + latest * 1000,
    nextEta: START_MS + (latest + 2) * 1000,
    updatedAt: START_MS + (latest + 1) * 1000,
    fidelity: 'bit-perfect',
    renditions: [
      { ...rendition('hq'), codec: 'flac', mime: 'audio/mp4; codecs="flac"', bitDepth: 24, bitrate: 1_400_000 },
      { ...rendition('lq'), codec: 'opus', mime: 'audio/mp4; codecs="opus"', bitrate: 128_000 },
    ],
    breaks: [],
    gaps: [],
    missing: [],
  };
}

function playlistSegments({ first, latest, latestStart, breaks, missing }: Manifest): PlaylistSegment[] {
  return Array.from({ length: latest - first + 1 }, (_, i) => {
    const index = first + i;
    return {
      index,
      epoch: EPOCH,
      seconds: 1,
      utcMs: latestStart - (latest - index) * 1000,
      discontinuity: breaks.some((b) => b.index === index),
      gaps: missing.filter((run) => run.index === index).map((run) => run.rendition),
    };
  });
}
