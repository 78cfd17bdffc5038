import type { Archive } from '@bucket-radio/archive';
import type { CaptureSource } from '@bucket-radio/capture';
import { createFlacEncoder, createSegmentMuxer } from '@bucket-radio/encoders';
import { BYTES_PER_FRAME, type EncodedSegment, type PcmChunk } from '@bucket-radio/pcm';
import type { Publisher } from '@bucket-radio/publisher';
import { createSegmenter } from '@bucket-radio/segmenter';
import type { Meters } from '../meters/meters.ts';
import { type PipelineEnd, runPipeline, type Stages } from '../pipeline.ts';

export interface ArchivePipelineOptions {
  readonly archive: Archive;
  /** Interleaved S24LE, any whole frames at a time. */
  readonly sound: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** UTC label of a frame, in milliseconds. */
  readonly labelOf: (frame: number) => number;
  readonly segmentSeconds?: number;
  readonly isRecordingWanted?: () => boolean;
  /** Gets every `hq` segment, as the bucket would. */
  readonly onHq?: (segment: EncodedSegment) => void;
}

/** The station's own pipeline with an archive and `hq` segments; Opus and meters are left out, which the archive never sees. */
export async function runArchivePipeline(options: ArchivePipelineOptions): Promise<PipelineEnd> {
  const { segmentSeconds = 1, archive, onHq = () => undefined, isRecordingWanted } = options;
  const probe = await createFlacEncoder();
  probe.finish();
  const stages: Stages = {
    source: { chunks: () => chunksOf(options) } as unknown as CaptureSource,
    segmenter: createSegmenter({ segmentSeconds }),
    createFlac: async () => await createFlacEncoder(),
    opus: { backend: 'wasm', encode: () => [], finish: () => [] },
    hq: createSegmentMuxer({
      rendition: 'hq',
      epoch: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      segmentSeconds,
      flacHeader: probe.header,
    }),
    lq: { endSegment: () => undefined, push: async () => await Promise.resolve([]) },
    archive,
    publisher: { enqueue: onHq, whenIdle: async () => await Promise.resolve() } as unknown as Publisher,
    meter: { add: () => undefined } as unknown as Meters,
  };
  return await runPipeline(stages, {
    station: 'Pipeline',
    startFrame: 0,
    signal: new AbortController().signal,
    sourceWaits: true,
    ...(isRecordingWanted === undefined ? {} : { isRecordingWanted }),
    onChunk: () => undefined,
    onBlock: () => undefined,
    onSegment: () => undefined,
  });
}

async function* chunksOf({ sound, labelOf }: ArchivePipelineOptions): AsyncGenerator<PcmChunk> {
  let position = 0;
  for await (const data of sound) {
    const frames = data.length / BYTES_PER_FRAME;
    yield { position, frames, data, utcMs: labelOf(position) };
    position += frames;
  }
}
