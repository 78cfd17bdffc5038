import type { Archive } from '@bucket-radio/archive';
import type { CaptureSource } from '@bucket-radio/capture';
import type { FlacEncoder, OpusEncoder, SegmentMuxer } from '@bucket-radio/encoders';
import type { EncodedSegment, FlacFrame, PcmBlock, PcmChunk } from '@bucket-radio/pcm';
import type { Publisher } from '@bucket-radio/publisher';
import type { Segmenter } from '@bucket-radio/segmenter';

/** The stages of a station, made and started by `station.ts`. */
export interface Stages {
  readonly source: CaptureSource;
  readonly segmenter: Segmenter;
  /** Makes a FLAC encoder whose frame numbers start at 0: once at the start and once per archive file. */
  readonly createFlac: () => Promise<FlacEncoder>;
  readonly opus: OpusEncoder;
  readonly hq: SegmentMuxer;
  readonly lq: SegmentMuxer;
  readonly archive: Archive | undefined;
  readonly publisher: Publisher;
  /** Looks at every block at once and keeps none: meters and signal guard. */
  readonly meter: { add(block: PcmBlock): void };
}

export interface PipelineOptions {
  readonly station: string;
  /** Station frame of the first captured frame: a segment boundary. */
  readonly startFrame: number;
  /** Whether what is captured now is to be recorded. Default: always, when there is an archive. */
  readonly isRecordingWanted?: () => boolean;
  /** Stops capture; what was captured is still encoded, archived and handed to the publisher. */
  readonly signal: AbortSignal;
  /** For a source that can wait: after each segment, disk and bucket catch up before more is read. */
  readonly sourceWaits: boolean;
  readonly onChunk: (chunk: PcmChunk) => void;
  readonly onBlock: (block: PcmBlock) => void;
  readonly onSegment: (segment: EncodedSegment) => void;
}

/** Where a pipeline stopped: the frames after the last whole segment are in the archive only. */
export interface PipelineEnd {
  readonly nextFrame: number;
}

/**
 * The whole station, top to bottom:
 *
 * ```
 * capture ─PcmChunk▶ segmenter ─PcmBlock▶ flac ─FlacFrame▶ archive
 *                        │                  └──FlacFrame▶ cmaf hq ─┐
 *                        ├─PcmBlock▶ opus ─OpusPacket──▶ cmaf lq ──┴─EncodedSegment▶ publisher ▶ bucket
 *                        └─PcmBlock▶ meter ▶ monitor
 * ```
 *
 * Resolves when the source has ended or `signal` was aborted and every stage has been flushed. When the source fails,
 * what it had delivered is flushed all the same, and then its error is thrown.
 * The archive and the publisher take what they are given and return at once: capture never waits for disk or network.
 */
export async function runPipeline(stages: Stages, options: PipelineOptions): Promise<PipelineEnd> {
  const run = new PipelineRun(stages, options, await stages.createFlac());
  const { startFrame, signal, onChunk } = options;
  try {
    for await (const chunk of stages.source.chunks({ startFrame, signal })) {
      onChunk(chunk);
      for (const block of stages.segmenter.push(chunk)) await run.takeBlock(block);
      if (options.sourceWaits && run.segmentHandedOver()) {
        await Promise.all([stages.publisher.whenIdle(), stages.archive?.flush()]);
      }
    }
  } catch (error) {
    await flush(stages, run);
    throw error;
  }
  return await flush(stages, run);
}

async function flush({ segmenter }: Stages, run: PipelineRun): Promise<PipelineEnd> {
  for (const block of segmenter.finish()) await run.takeBlock(block);
  return await run.finish();
}

class PipelineRun {
  readonly #stages: Stages;
  readonly #options: PipelineOptions;
  #flac: FlacEncoder;
  /** Station frame at which the encoder's first frame lies. */
  #flacStart: number;
  #recording = false;
  #nextFrame: number;
  #segmentHandedOver = false;

  constructor(stages: Stages, options: PipelineOptions, flac: FlacEncoder) {
    this.#stages = stages;
    this.#options = options;
    this.#flac = flac;
    this.#flacStart = options.startFrame;
    this.#nextFrame = options.startFrame;
  }

  async takeBlock(block: PcmBlock): Promise<void> {
    const { meter, hq, lq, opus } = this.#stages;
    meter.add(block);
    this.#options.onBlock(block);
    if (block.segmentEnd !== undefined) {
      hq.endSegment(block.segmentEnd);
      lq.endSegment(block.segmentEnd);
    }
    await this.#chooseRecording(block);
    await this.#deliverFlac(this.#flac.encode(block));
    this.#publish(await lq.push(opus.encode(block)));
    this.#nextFrame = block.position + block.frames;
  }

  /** Whether a segment was handed over since the last call. */
  segmentHandedOver(): boolean {
    const handedOver = this.#segmentHandedOver;
    this.#segmentHandedOver = false;
    return handedOver;
  }

  async finish(): Promise<PipelineEnd> {
    await this.#endRecording();
    this.#publish(await this.#stages.lq.push(this.#stages.opus.finish()));
    return { nextFrame: this.#nextFrame };
  }

  /** One encode serves both: the same frames go to the archive and into `hq` segments. */
  async #deliverFlac(frames: readonly FlacFrame[]): Promise<void> {
    this.#stages.archive?.write(frames);
    this.#publish(await this.#stages.hq.push(frames));
  }

  #publish(segments: readonly EncodedSegment[]): void {
    for (const segment of segments) {
      this.#segmentHandedOver = true;
      this.#options.onSegment(segment);
      this.#stages.publisher.enqueue(segment);
    }
  }

  /** Begins or ends a recording with this block, or both. Not one frame is lost or doubled between two of them. */
  async #chooseRecording({ utcMs, position }: PcmBlock): Promise<void> {
    const { archive } = this.#stages;
    if (archive === undefined) return;
    const isWanted = this.#options.isRecordingWanted?.() ?? true;
    const ends = this.#recording && (!isWanted || archive.shouldRotate(utcMs));
    const begins = isWanted && (ends || !this.#recording);
    // Frame numbers in every file begin at 0: the encoder starts anew with it.
    if (ends || (begins && this.#flacStart !== position)) {
      await this.#endRecording();
      this.#flac = await this.#stages.createFlac();
      this.#flacStart = position;
    }
    if (begins) {
      const { station } = this.#options;
      archive.begin({ header: this.#flac.header, utcMs, firstFrame: position, station });
      this.#recording = true;
    }
    archive.label(position, utcMs);
  }

  async #endRecording(): Promise<void> {
    const { frames, streamInfo } = this.#flac.finish();
    await this.#deliverFlac(frames);
    if (this.#recording) this.#stages.archive?.end(streamInfo);
    this.#recording = false;
  }
}
